// Canned replies: "/" at the beginning of the reply opens them, what is typed finds them, Enter puts one into the reply.
import { $, openDialog } from "./page.js";

const options = () => [...document.querySelectorAll("#canned-list [role=option]")];

function select(option) {
  for (const each of options()) each.setAttribute("aria-selected", each === option);
  if (option) $("#canned-find").setAttribute("aria-activedescendant", option.id);
  else $("#canned-find").removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const all = options();
  const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (all.length) select(all[(at + by + all.length) % all.length]);
}

export function startFinder() {
  document.addEventListener("keydown", (event) => {
    const area = event.target;
    if (event.key === "/" && area.id === "reply" && area.selectionStart === 0 && area.selectionEnd === 0) {
      event.preventDefault();
      openDialog("canned");
      return;
    }
    if (area.id !== "canned-find") return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") options().find((each) => each.getAttribute("aria-selected") === "true")?.click();
    else return;
    event.preventDefault();
  });
  document.addEventListener("opened", (event) => { if (event.target.id === "canned") $("#canned-find").value = ""; }, true);
  // Before the words are put in: what is behind an open dialog cannot have the focus.
  document.addEventListener("click", (event) => {
    if (event.target.closest("#canned-list [role=option]")) $("#canned").close();
  }, true);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "canned-found") select(options()[0]);
    if (["macros", "bulk-body"].includes(event.detail.target?.id)) $("input, select, button.main", event.detail.target)?.focus();
  });
}
