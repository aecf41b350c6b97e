// The inbox: opening tickets, drafts, and what happens elsewhere, without stealing focus, place or words.
import { alertSoon } from "./alerts.js";
import { addKept, listenForFiles, showFiles } from "./enclosed.js";
import { $, offline } from "./page.js";
import { signInAgain } from "./signing.js";

const ticket = () => $("#ticket");
const number = () => ticket().dataset.number || "";
const talk = () => $("#talk");

// How many rows were asked for; null: as many as a list begins with.
let more = new URLSearchParams(location.search).get("more");

function address() {
  const query = new URLSearchParams();
  query.set("queue", $("#list").dataset.queue);
  for (const [name, value] of new URLSearchParams($("#list").dataset.filter)) query.set(name, value);
  const search = $("#search").value.trim();
  if (search) query.set("q", search);
  if (more) query.set("more", more);
  if (number()) query.set("open", number());
  return `/console/list?${query}`;
}

// Where the list was, also while a phone shows a ticket in its place.
let scrolled = 0;

// The rows in view and where each is. Of a list that is at its top none: what comes is to be seen.
function rowsInView() {
  const rows = $("#rows");
  if (!rows?.scrollTop) return [];
  const { top, bottom } = rows.getBoundingClientRect();
  return [...rows.children].map((row) => [row.id, row.getBoundingClientRect().top]).filter(([, at]) => at >= top && at < bottom);
}
// Most of them stay where they were; one of them may have gone up itself.
function keepInView(seen) {
  const rows = $("#rows");
  if (!rows) return;
  rows.scrollTop = scrolled;
  const here = seen.filter(([id]) => document.getElementById(id));
  const moved = here.map(([id, at]) => document.getElementById(id).getBoundingClientRect().top - at).sort((one, other) => one - other);
  if (moved.length) rows.scrollTop += moved[moved.length >> 1];
}

async function refreshList() {
  const answer = await fetch(address(), { headers: { "HX-Request": "true" } });
  if (answer.status === 401) return signInAgain();
  if (!answer.ok) return;
  const html = await answer.text();
  const list = $("#list");
  const seen = rowsInView();
  const focused = document.activeElement?.closest?.("#list a[data-number]")?.dataset.number;
  list.innerHTML = html;
  const bell = $("#list #bell");
  if (bell) $(".top #bell").replaceWith(bell);
  keepInView(seen);
  if (focused) $(`#list a[data-number="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

// The rows that come next, before the end of those that are there is reached.
async function showMore() {
  const link = $("#list .more a");
  if (!link || link.dataset.asked) return;
  link.dataset.asked = "";
  more = new URL(link.href).searchParams.get("more");
  try { await refreshList(); } finally { delete link.dataset.asked; }
}

// One after the other, and of many wishes at once only the last: a busy desk must not ask for the list without end.
function paced(what, pause) {
  let running = false, again = false;
  return async function run() {
    if (running) { again = true; return; }
    running = true;
    try { await what(); } catch { offline(true); }
    setTimeout(() => { running = false; if (again) { again = false; run(); } }, pause);
  };
}
const listSoon = paced(refreshList, 300);

const atEnd = () => !talk() || talk().scrollHeight - talk().scrollTop - talk().clientHeight < 80;
// Whether the end was in view before something in the talk grew: pictures come late.
let endShown = true;
function toEnd() {
  endShown = true;
  if (talk()) talk().scrollTop = talk().scrollHeight;
  const below = $("#new-below");
  if (below) below.hidden = true;
}

// The first message that is whole in view, and where it ends, for its name may go: it stays there, whatever comes or
// goes around it.
function reading() {
  const top = talk().getBoundingClientRect().top;
  const first = [...talk().querySelectorAll(".messages > [id]")].find((each) => each.getBoundingClientRect().top >= top);
  return first && { id: first.id, below: first.getBoundingClientRect().bottom - top };
}
function readOn(place) {
  const same = place && document.getElementById(place.id);
  if (same) talk().scrollTop += same.getBoundingClientRect().bottom - talk().getBoundingClientRect().top - place.below;
}

async function refreshTalk(stay = false) {
  if (!talk()) return;
  const show = new URLSearchParams(location.search).get("show");
  const end = atEnd(), place = reading();
  const last = $(".messages")?.dataset.last;
  const menu = $("#head details.menu[open]");
  await htmx.ajax("GET", `/console/tickets/${number()}/talk${show ? `?show=${show}` : ""}`, { target: "#talk", swap: "innerHTML" });
  if (menu) $("#head details.menu")?.setAttribute("open", "");
  if (end && !stay) return toEnd();
  readOn(place);
  if ($(".messages")?.dataset.last !== last) $("#new-below").hidden = false;
}
const talkSoon = paced(refreshTalk, 150);

// Who else looks at the ticket. Nobody says that he stopped writing: it is asked after a while.
let asked;
async function refreshFaces() {
  if (!$("#faces")) return;
  const answer = await fetch(`/console/tickets/${number()}/faces`, { headers: { "HX-Request": "true" } });
  if (answer.ok && $("#faces")) $("#faces").outerHTML = await answer.text();
  clearTimeout(asked);
  if ($("#faces [data-writing]")) asked = setTimeout(facesSoon, 6500);
}
const facesSoon = paced(refreshFaces, 150);

let told = 0;
document.addEventListener("input", (event) => {
  if (!["reply", "note"].includes(event.target.id) || Date.now() - told < 4000) return;
  told = Date.now();
  const token = JSON.parse(document.body.getAttribute("hx-headers"));
  fetch(`/console/tickets/${number()}/writing`, { method: "POST", headers: { ...token, "HX-Request": "true" } }).catch(() => {});
});

// Drafts: one a ticket, kept in this browser until they are sent.
const key = (form) => `sapa-draft-${document.body.dataset.me}-${form.dataset.draft}`;
function restoreDrafts() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const area = $("textarea", form);
    if (!area.value) area.value = localStorage.getItem(key(form)) || "";
    if (area.readOnly) keepUnsent(form, area);
    else $("[data-saved]", form).hidden = !area.value;
  }
}
// Where nothing can be sent any more what was written stays to be read, also after the page is loaded again.
function keepUnsent(form, area) {
  form.hidden = !area.value;
  if (area.value) localStorage.setItem(key(form), area.value);
}
document.addEventListener("click", (event) => {
  const form = event.target.closest("form.unsent");
  if (!form) return;
  const area = $("textarea", form);
  if (event.target.closest("[data-copy]")) {
    area.select();
    // Also where the page comes without TLS, and the browser has no other clipboard.
    document.execCommand("copy");
  } else if (event.target.closest("[data-forget]")) {
    localStorage.removeItem(key(form));
    form.hidden = true;
  }
});
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (!form || !event.target.matches("textarea")) return;
  if (event.target.value) localStorage.setItem(key(form), event.target.value);
  else localStorage.removeItem(key(form));
  $("[data-saved]", form).hidden = !event.target.value;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig?.elt?.closest?.("form[data-draft]");
  if (form && event.detail.xhr.status === 200) localStorage.removeItem(key(form));
});

let stream;
function listen() {
  stream?.close();
  stream = new EventSource(`/console/events${number() ? `?ticket=${number()}` : ""}`);
  let before = false;
  stream.addEventListener("hello", () => {
    offline(false);
    // What happened while there was no connection.
    if (before) { listSoon(); talkSoon(); }
    before = true;
  });
  stream.addEventListener("list", () => { listSoon(); alertSoon(); });
  stream.addEventListener("faces", facesSoon);
  stream.addEventListener("talk", () => { talkSoon(); listSoon(); alertSoon(); });
  stream.onerror = async () => {
    offline(true);
    if (stream.readyState !== EventSource.CLOSED) return;
    const answer = await fetch(address(), { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.status === 401) signInAgain();
    else setTimeout(listen, 2000);
  };
}

function shown() {
  restoreDrafts();
  showFiles();
  toEnd();
}

function markRow(next) {
  for (const row of document.querySelectorAll("#list a[aria-current='true']")) row.removeAttribute("aria-current");
  if (next) $(`#list a[data-number="${CSS.escape(next)}"]`)?.setAttribute("aria-current", "true");
  ticket().dataset.number = next;
}

async function show(next, href) {
  markRow(next);
  await htmx.ajax("GET", href, { target: "#ticket", swap: "innerHTML" });
  ticket().classList.remove("none", "side-open");
  $("#main").classList.add("has-ticket");
  document.title = `${next} · Sapa`;
  shown();
  listen();
}

async function open(link) {
  const { href } = link;
  await show(link.dataset.number, href);
  history.pushState({}, "", href);
}

// What the page began with, where no ticket was open.
let nothing, itsTitle;

function showList() {
  $("#main").classList.remove("has-ticket");
  if ($("#rows")) $("#rows").scrollTop = scrolled;
  listSoon();
}

// The browser's own back and forward lead to tickets of the same list, and to none.
function goTo(path) {
  const next = path.match(/^\/console\/tickets\/([^/]+)$/)?.[1];
  if (next) return show(next, location.href);
  if (nothing === undefined) return location.reload();
  markRow("");
  ticket().innerHTML = nothing;
  ticket().classList.add("none");
  document.title = itsTitle;
  showList();
  listen();
}

function chooseTab(button) {
  for (const each of document.querySelectorAll("[data-tab]")) {
    const chosen = each === button;
    each.setAttribute("aria-selected", chosen);
    document.getElementById(each.dataset.tab).hidden = !chosen;
  }
}

function insert(text) {
  const area = $("#reply");
  area.value = area.value ? `${area.value.trimEnd()}\n\n${text}` : text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}

document.addEventListener("click", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (event.target.closest("#list .more a") && plain) { event.preventDefault(); showMore(); return; }
  const row = event.target.closest("#list a[data-number]");
  if (row && plain) { event.preventDefault(); open(row); return; }
  const back = event.target.closest("[data-back]");
  if (back && plain) {
    event.preventDefault();
    history.pushState({}, "", `/console?queue=${$("#list").dataset.queue}`);
    showList();
  }
  const chip = event.target.closest("[data-insert]");
  if (chip) insert(chip.dataset.insert);
  if (chip?.dataset.files) addKept(chip.dataset.files.split(" "));
  const tab = event.target.closest("[data-tab]");
  if (tab) { chooseTab(tab); $("textarea", document.getElementById(tab.dataset.tab))?.focus(); }
  if (event.target.closest("[data-side]")) ticket().classList.toggle("side-open");
  if (event.target.closest("[data-side-close]")) { event.preventDefault(); ticket().classList.remove("side-open"); }
  if (event.target.closest("#new-below")) toEnd();
  const earlier = event.target.closest("#talk .more a");
  if (earlier && plain) {
    event.preventDefault();
    const here = new URL(location);
    here.searchParams.set("show", new URL(earlier.href).searchParams.get("show"));
    history.replaceState({}, "", here);
    refreshTalk(true);
  }
});

export function startInbox() {
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "ticket") return;
    shown();
  });
  document.addEventListener("done", listSoon);
  document.addEventListener("refused", listSoon);
  document.addEventListener("renewed", () => { listen(); listSoon(); });
  document.addEventListener("input", (event) => { if (event.target.id === "search") { more = null; scrolled = 0; } });
  document.addEventListener("scroll", (event) => {
    const rows = event.target;
    if (rows.id === "rows" && rows.clientHeight) scrolled = rows.scrollTop;
    if (rows.id === "rows" && rows.scrollHeight - rows.scrollTop - rows.clientHeight < rows.clientHeight) showMore();
    if (event.target !== talk()) return;
    endShown = atEnd();
    if (endShown) $("#new-below").hidden = true;
  }, true);
  document.addEventListener("load", (event) => { if (endShown && event.target.closest?.("#talk")) toEnd(); }, true);
  listenForFiles();
  if (ticket().classList.contains("none")) [nothing, itsTitle] = [ticket().innerHTML, document.title];
  window.addEventListener("popstate", () => goTo(location.pathname));
  window.addEventListener("pagehide", () => stream?.close());
  // Ages and what is left of deadlines go on by themselves.
  setInterval(() => { if (!document.hidden) listSoon(); }, 60_000);
  shown();
  listen();
}
