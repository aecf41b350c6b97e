// A field with a list below it (a combobox): the arrows choose, Enter takes. The field names its list in data-chooses.
import { $ } from "./page.js";

const options = (field) => [...document.querySelectorAll(`#${field.dataset.chooses} [role=option]`)];

export function choose(field, option) {
  for (const each of options(field)) each.setAttribute("aria-selected", each === option);
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function move(field, by) {
  const all = options(field);
  const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (all.length) choose(field, all[(at + by + all.length) % all.length]);
}

export function startChoosing() {
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.dataset?.chooses) return;
    if (event.key === "ArrowDown") move(field, 1);
    else if (event.key === "ArrowUp") move(field, -1);
    else if (event.key === "Enter") options(field).find((each) => each.getAttribute("aria-selected") === "true")?.click();
    else return;
    event.preventDefault();
  });
  document.addEventListener("opened", (event) => {
    const field = $("[data-chooses]", event.target);
    if (field) field.value = "";
  }, true);
  document.addEventListener("htmx:afterSwap", (event) => {
    const field = event.detail.target?.closest?.("dialog") && $("[data-chooses]", event.detail.target.closest("dialog"));
    if (field && event.detail.target.contains(document.getElementById(field.dataset.chooses))) choose(field, options(field)[0]);
  });
}
