// What every page does: dialogs, menus, what happens when a request fails, and the inbox where there is one.
import { keyboard } from "./keys.js";
import { startInbox } from "./inbox.js";

export const $ = (selector, root = document) => root.querySelector(selector);

const busy = document.createElement("div");
busy.className = "busy";
document.body.append(busy);
let working = 0;
const work = (by) => {
  working = Math.max(0, working + by);
  document.body.classList.toggle("working", working > 0);
};
document.addEventListener("htmx:beforeRequest", () => work(1));
document.addEventListener("htmx:afterRequest", () => work(-1));

export function signInAgain() {
  // What was being written is kept as a draft in this browser.
  const here = location.pathname + location.search;
  location.assign(`/console/sign-in?next=${encodeURIComponent(here)}`);
}
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) signInAgain();
  else offline(true);
});
document.addEventListener("htmx:sendError", () => offline(true));
export function offline(is) {
  const sign = $("#offline");
  if (sign) sign.hidden = !is;
}

export function openDialog(name) {
  const dialog = document.getElementById(name);
  if (!dialog || dialog.open || $("dialog[open]")) return false;
  const seen = $("[data-seen]")?.dataset.seen;
  const field = $("input[name=seen]", dialog);
  if (seen && field) field.value = seen;
  dialog.showModal();
  ($("select:invalid, textarea:invalid, input:invalid", dialog) || $("select, textarea, button.main", dialog))?.focus();
  return true;
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) openDialog(opener.dataset.dialog);
  if (event.target.closest("[data-cancel]")) event.target.closest("dialog").close();
  if (event.target instanceof HTMLDialogElement) event.target.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || opener) menu.open = false;
  }
});
document.addEventListener("htmx:afterSwap", () => {
  const again = $("dialog[data-again]");
  if (again) {
    again.removeAttribute("data-again");
    again.showModal();
  }
});

keyboard();
if ($("#ticket")) startInbox();
document.body.dataset.ready = "";
