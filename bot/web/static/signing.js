// The session ended while something was being written. The page stays with the words until somebody has signed in beside
// it; then the form is sent as if nothing had been. Replies and notes are kept as drafts, so they do not need it.
import { $, offline } from "./page.js";

const WORDS = "textarea, input:not([type]), input[type=text], input[type=tel]";
let out = false;

const written = (field) =>
  field.matches(WORDS) && field.value.trim() && (field.value !== field.defaultValue || field.matches("textarea"));
const unsent = () =>
  [...document.querySelectorAll("form[hx-post]:not([data-draft])")].some(
    (form) => !form.closest("dialog:not([open])") && [...form.elements].some(written),
  );

export function signInAgain() {
  if (unsent()) return tell($("#signed-out").dataset.kept);
  const here = location.pathname + location.search;
  location.assign(`/console/sign-in?ended=1&next=${encodeURIComponent(here)}`);
}

// In an open dialog, as all around that is out of reach.
function tell(words) {
  out = true;
  offline(false);
  const sign = $("#signed-out");
  $("span", sign).textContent = words;
  ($("dialog[open] form") ?? document.body).prepend(sign);
  sign.hidden = false;
}

// Forms of this page belong to the session that ended: they are given the token of the new one.
async function renewed() {
  const answer = await fetch("/console/sessions");
  const there = new DOMParser().parseFromString(await answer.text(), "text/html");
  const { me } = there.body.dataset;
  if (!me) return tell($("#signed-out").dataset.kept);
  const headers = there.body.getAttribute("hx-headers");
  document.body.setAttribute("hx-headers", headers);
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = JSON.parse(headers)["X-CSRF-Token"];
  const same = me === document.body.dataset.me;
  document.body.dataset.me = me;
  if (!same) tell($("#signed-out").dataset.other.replace("{name}", () => $(".top .who", there).textContent));
  out = false;
  if (!same) return false;
  $("#signed-out").hidden = true;
  document.body.append($("#signed-out"));
  document.dispatchEvent(new Event("renewed"));
  return true;
}

export function startSigning() {
  document.addEventListener("htmx:confirm", (event) => {
    if (!out || event.detail.verb !== "post") return;
    event.preventDefault();
    renewed().then((may) => { if (may) event.detail.issueRequest(true); }, () => offline(true));
  });
}
