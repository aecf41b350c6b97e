// What every page does: dialogs, menus, what happens when a request fails, and the inbox where there is one.
import { $, failed, offline, openDialog, show } from "./page.js";
import { signInAgain, startSigning } from "./signing.js";
import { keyboard } from "./keys.js";
import { startInbox } from "./inbox.js";
import { startPicking } from "./picking.js";
import { startChoosing } from "./choosing.js";
import { startFinder } from "./finder.js";
import { startNarrowing } from "./narrowing.js";
import { startAlerts } from "./alerts.js";

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
// A whole page may take its time: what was pressed is pressed once, and its value goes along.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post" || event.target.target) return;
  work(1);
  setTimeout(() => { if (event.submitter) event.submitter.disabled = true; });
});

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) signInAgain();
  else failed(event.detail.xhr.responseText);
});
document.addEventListener("htmx:sendError", () => offline(true));
document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.requestConfig.verb === "post") failed(null); });
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-failed]")) failed(null);
  const opener = event.target.closest("[data-dialog]");
  if (opener) openDialog(opener.dataset.dialog);
  if (event.target.closest("[data-cancel]")) event.target.closest("dialog").close();
  if (event.target instanceof HTMLDialogElement) event.target.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || opener) menu.open = false;
  }
});
// One stop of the tab key a chart; the arrows go on from there.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const marks = step && event.target.matches?.(".mark") ? [...event.target.parentElement.querySelectorAll(".mark")] : [];
  const next = marks[marks.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  event.target.setAttribute("tabindex", -1);
  next.setAttribute("tabindex", 0);
  next.focus();
});
// A dialog that was refused is open again with what was written, and why; also where a whole page came back.
function openAgain() {
  const again = $("dialog[data-again]");
  if (!again) return;
  again.removeAttribute("data-again");
  const told = $(".flash[role=alert]", again) ? null : $("main .flash[role=alert]");
  if (told) $("h2", again).after(told);
  show(again);
}
document.addEventListener("htmx:afterSwap", openAgain);
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

// What a form cannot bring along is told before it is sent.
document.addEventListener("change", (event) => {
  const { bytes, files, tooLarge, empty, tooMany } = event.target.dataset;
  if (event.target.type !== "file" || !bytes || event.target.id === "files") return;
  const wrong = [...event.target.files].find((file) => !file.size || file.size > Number(bytes));
  const fault = wrong ? (wrong.size ? tooLarge : empty).replace("{name}", () => wrong.name) : "";
  event.target.setCustomValidity(fault || (event.target.files.length > Number(files) ? tooMany : ""));
  event.target.reportValidity();
});

// A list that is there on each of several pages stays where it was.
for (const list of document.querySelectorAll("[data-place]")) {
  const name = `place-${list.dataset.place}`;
  list.scrollTop = Number(sessionStorage.getItem(name) ?? 0);
  $("[aria-current]", list)?.scrollIntoView({ block: "nearest" });
  addEventListener("pagehide", () => sessionStorage.setItem(name, list.scrollTop));
}

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
startAlerts();
startNarrowing();
startSigning();
openAgain();
document.body.dataset.ready = "";
