// Choosing several tickets of the list. What is no longer shown is no longer chosen.
import { $ } from "./page.js";

const chosen = new Set();
let last = null;

const boxes = () => [...document.querySelectorAll("#rows [data-pick]")];

function told() {
  for (const box of boxes()) {
    box.checked = chosen.has(box.dataset.pick);
    box.closest(".row").classList.toggle("picked", box.checked);
  }
  for (const count of document.querySelectorAll("[data-count]")) count.textContent = chosen.size;
  $("#picked").hidden = !chosen.size;
  $("#bulk [name=tickets]").value = [...chosen].join(" ");
}

function mark(box, on, range) {
  const all = boxes();
  const from = range ? all.findIndex((each) => each.dataset.pick === last) : -1;
  const to = all.indexOf(box);
  const these = from < 0 ? [box] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const each of these) on ? chosen.add(each.dataset.pick) : chosen.delete(each.dataset.pick);
  last = box.dataset.pick;
  told();
}

// The row that has the focus, else the open ticket's.
export function pick(range) {
  const row = document.activeElement?.closest?.("#rows .row") ?? $("#rows a[aria-current]")?.closest(".row");
  const box = row && $("[data-pick]", row);
  if (box) mark(box, range || !box.checked, range);
}

export function pickNone() {
  const had = chosen.size > 0;
  chosen.clear();
  told();
  return had;
}

function keepRefused() {
  const refused = new Set([...document.querySelectorAll("#bulk [data-refused]")].map((each) => each.dataset.refused));
  const shown = new Set(boxes().map((box) => box.dataset.pick));
  for (const number of chosen) if (!refused.has(number) || !shown.has(number)) chosen.delete(number);
  told();
}

export function startPicking() {
  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-pick]");
    if (box) mark(box, box.checked, event.shiftKey);
    if (event.target.closest("[data-pick-all]")) {
      for (const each of boxes()) chosen.add(each.dataset.pick);
      told();
    }
    if (event.target.closest("[data-pick-none]")) pickNone();
  });
  // What was chosen is told until the outcome was read; what refused stays chosen, for what it lacks to be given.
  document.addEventListener("done-bulk", () => $("#bulk").addEventListener("close", keepRefused, { once: true }));
  new MutationObserver(() => {
    const shown = new Set(boxes().map((box) => box.dataset.pick));
    if ($("#bulk").open) return told();
    for (const number of chosen) if (!shown.has(number)) chosen.delete(number);
    told();
  }).observe($("#list"), { childList: true });
}
