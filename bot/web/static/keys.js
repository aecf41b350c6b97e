// The keyboard. A key does nothing while somebody types, except Escape and Ctrl+Enter.
import { $, openDialog } from "./page.js";
import { pick, pickNone } from "./picking.js";

const typing = (element) => element?.matches?.("input:not([data-pick]), textarea, select, [contenteditable]");

function move(by) {
  const rows = [...document.querySelectorAll(".rows a[data-number], [data-row]")];
  if (!rows.length) return;
  const focused = rows.indexOf(document.activeElement);
  const at = focused >= 0 ? focused : rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by));
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

const tab = (name) => $(`[data-tab="${name}"]`)?.click();

function write(name, field) {
  tab(name);
  const area = $(field);
  if (!area) return false;
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  return true;
}

// Steps of the open ticket: there is a button or a field for each that is possible as it stands.
const STEPS = {
  r: "#reply", n: "#note", t: '[data-key="t"]', a: '[data-key="a"]', e: '[data-key="e"]', f: '[data-key="f"]',
  c: '[data-key="c"]', u: '[data-key="u"]', m: '[data-key="m"]',
};
const possible = () => Object.keys(STEPS).filter((key) => $(`#ticket ${STEPS[key]}`));

// On an inbox in which nothing was chosen yet, the first ticket.
function first() {
  if (!$(".rows a[aria-current]")) $("#rows a[data-number]")?.click();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => $("#search")?.select() ?? $("#search")?.focus(),
  "?": () => openDialog("help"),
  r: () => write("composer", "#reply"),
  n: () => write("noter", "#note"),
  t: () => $('[data-key="t"]')?.click(),
  a: () => $('[data-key="a"]') && openDialog("assign"),
  e: () => $('[data-key="e"]') && openDialog("close"),
  u: () => $('[data-key="u"]')?.click(),
  f: () => $('[data-key="f"]') && openDialog("forward"),
  c: () => $('[data-key="c"]') && openDialog("categorise"),
  m: () => $('[data-key="m"]') && openDialog("macro"),
  x: () => pick(false),
  X: () => pick(true),
  d: () => location.assign("/console/desk"),
  b: () => $("#picked:not([hidden])") && openDialog("bulk"),
};

// What was chosen in the palette: a page, or what a key does.
function chosen(event) {
  const option = event.target.closest("#palette [role=option]");
  if (!option) return;
  $("#palette").close();
  if (option.dataset.goes) location.assign(option.dataset.goes);
  else KEYS[option.dataset.press]();
}

export function keyboard() {
  document.addEventListener("click", chosen);
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.path === "/console/palette") event.detail.parameters.can = possible().join("");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest?.("form")) {
      event.preventDefault();
      event.target.closest("form").requestSubmit($("button.main, button.amber", event.target.closest("form")));
      return;
    }
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      openDialog("palette");
      return;
    }
    if (event.key === "Escape" && !$("dialog[open]")) {
      if (typing(event.target)) event.target.blur();
      else if (pickNone()) return;
      else $(".rows a[aria-current]")?.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || $("dialog[open]")) return;
    if (event.key === "Enter" && event.target === document.body) first();
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
