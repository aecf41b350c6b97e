// What every page does: dialogs, menus, what happens when a request fails, and the inbox where there is one.
import { $, offline, openDialog, show, signInAgain } from "./page.js";
import { keyboard } from "./keys.js";
import { startInbox } from "./inbox.js";
import { startPicking } from "./picking.js";
import { startChoosing } from "./choosing.js";
import { startFinder } from "./finder.js";

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

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) signInAgain();
  else offline(true);
});
document.addEventListener("htmx:sendError", () => offline(true));
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
    show(again);
  }
});
// A file's text into a text field, and the lines that faults are in.
document.addEventListener("change", async (event) => {
  const area = document.getElementById(event.target.dataset.loads);
  if (area && event.target.files[0]) area.value = await event.target.files[0].text();
});
document.addEventListener("click", (event) => {
  const line = Number(event.target.dataset?.line);
  const area = $("textarea.code");
  if (!line || !area) return;
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  area.scrollTop = (line - 4) * 20;
});

// From what was typed the arrow goes down into what it found.
document.addEventListener("keydown", (event) => {
  const finds = event.target.dataset?.finds;
  const first = event.key === "ArrowDown" && finds && $(`${finds} input`);
  if (!first) return;
  event.preventDefault();
  first.focus();
  first.checked = true;
});

keyboard();
startChoosing();
if ($("#ticket")) {
  startFinder();
  startInbox();
  startPicking();
}
document.body.dataset.ready = "";
