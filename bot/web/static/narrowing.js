// A list of choices that is narrowed by typing: the arrows move in it, Enter goes on to what is to be filled in next.
import { $ } from "./page.js";

const whole = new WeakMap();
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const list = (field) => $("select", field.closest(".narrowed"));

function narrow(field) {
  const select = list(field), chosen = select.value;
  if (!whole.has(select)) whole.set(select, [...select.options]);
  const words = plain(field.value).split(/\s+/).filter(Boolean);
  const fits = (option) => words.every((word) => plain(option.text).includes(word)) && (option.value || !words.length);
  select.replaceChildren(...whole.get(select).filter(fits));
  if (!select.options.length) select.append(Object.assign(new Option(select.dataset.none, ""), { disabled: true }));
  const kept = [...select.options].findIndex((option) => option.value === chosen);
  select.selectedIndex = kept >= 0 && chosen ? kept : words.length && select.options.length ? 0 : kept;
}

function move(select, by) {
  const to = select.selectedIndex + by;
  if (to < 0 || to >= select.options.length) return;
  select.selectedIndex = to;
  select.options[to].scrollIntoView({ block: "nearest" });
}

export function startNarrowing() {
  document.addEventListener("input", (event) => { if ("narrows" in event.target.dataset) narrow(event.target); });
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!("narrows" in (field.dataset ?? {})) || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown") move(list(field), 1);
    else if (event.key === "ArrowUp") move(list(field), -1);
    else if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.key !== "Enter" || !list(field).value) return;
    const next = $("textarea", field.form);
    if (next) next.focus();
    else field.form.requestSubmit($("button.main", field.form));
  });
}
