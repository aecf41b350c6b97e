// What the scripts of a page share.
export const $ = (selector, root = document) => root.querySelector(selector);

export function offline(is) {
  const sign = $("#offline");
  if (sign) sign.hidden = !is;
}

// What the server said when it did not do what was asked for; null: it is not of interest any more. In an open dialog,
// as all around that is out of reach.
export function failed(answer) {
  const sign = $("#failed");
  if (!sign) return;
  sign.hidden = answer === null;
  // Out of the dialog, which may go.
  if (answer === null) return document.body.append(sign);
  const told = $("[data-told]", new DOMParser().parseFromString(answer, "text/html"));
  ($("dialog[open] form") ?? document.body).prepend(sign);
  $("span", sign).textContent = told?.textContent ?? sign.dataset.otherwise;
}

// What a dialog holds may be fetched when it opens.
export function show(dialog) {
  dialog.showModal();
  for (const list of dialog.querySelectorAll("select[size]")) list.selectedOptions[0]?.scrollIntoView({ block: "nearest" });
  dialog.dispatchEvent(new Event("opened"));
}

export function openDialog(name) {
  const dialog = document.getElementById(name);
  if (!dialog || dialog.open || $("dialog[open]")) return false;
  const seen = $("[data-seen]")?.dataset.seen;
  const field = $("input[name=seen]", dialog);
  if (seen && field) field.value = seen;
  show(dialog);
  const first = $("select:invalid, textarea:invalid, input:invalid", dialog)
    || $("input[type=search], select, textarea, button.main", dialog);
  (first?.closest(".narrowed")?.querySelector("[data-narrows]") ?? first)?.focus();
  return true;
}
