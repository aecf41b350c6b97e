// Canned replies: "/" at the beginning of the reply opens them, what is typed finds them, Enter puts one into the reply.
import { $, openDialog } from "./page.js";

export function startFinder() {
  document.addEventListener("keydown", (event) => {
    const area = event.target;
    if (event.key !== "/" || area.id !== "reply" || area.selectionStart !== 0 || area.selectionEnd !== 0) return;
    event.preventDefault();
    openDialog("canned");
  });
  // Before the words are put in: what is behind an open dialog cannot have the focus.
  document.addEventListener("click", (event) => {
    if (event.target.closest("#canned-list [role=option]")) $("#canned").close();
  }, true);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (["macros", "bulk-body"].includes(event.detail.target?.id)) $("input, select, button.main", event.detail.target)?.focus();
  });
}
