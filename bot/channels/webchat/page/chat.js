// The page: puts the composer, the messages and the transport together.
import { Composer } from "./composer.js";
import { element, Thread } from "./thread.js";
import { fetchHistory, newId, Outbox, Refused, Stream, tellWriting } from "./transport.js";
import { translate, word } from "./words.js";

const at = (id) => document.getElementById(id);
const [view, notice, older, newer, typing] = ["thread", "notice", "older", "newer", "typing"].map(at);
const title = document.title;
let before = null;
let unread = 0;
let typingTimer;
let noticeTimer;

translate(document);

const thread = new Thread(at("messages"), {
  choose(message, choice) {
    say({ text: choice.label, choice: choice.key });
  },
  retry(key) {
    const message = sent.get(key);
    if (message) outbox.send(message);
  },
});
const sent = new Map();
const outbox = new Outbox((message, state, outcome) => {
  if (!thread.has(message.id)) return;
  thread.setState(message.id, state, state === "failed" ? reasonOf(outcome) : "", outcome?.at);
});
const composer = new Composer(at("composer"), at("chat"), (text, files) => {
  for (const file of files) say({ text: "", file });
  if (text) say({ text });
}, tellWriting);
const stream = new Stream({
  event: heard,
  open(again) {
    tell("");
    outbox.retryAll();
    if (again) refresh();
  },
  lost() {
    tell(word(navigator.onLine ? "reconnecting" : "offline"), 1200);
  },
  // Too much was missed to tell it one by one. What was typed is kept.
  restart: () => location.reload(),
});

function reasonOf(fault) {
  if (!(fault instanceof Refused)) return "";
  return word({ too_large: "tooLargeSent", wrong_type: "wrongType" }[fault.code] || "refused");
}

// What the person says: shown at once, sent in order.
function say({ id = newId(), text, choice = null, file = null, when = new Date().toISOString() }) {
  const message = { id, text, choice, file, when };
  sent.set(id, message);
  thread.retire(choice);
  const files = file ? [promised(file)] : [];
  show({ key: id, from: "you", name: null, text, at: when, choices: [], live: false, files, state: "sending" });
  toEnd();
  outbox.send(message);
}

function promised(file) {
  const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
  return { url: null, preview, name: file.name, type: file.type, size: file.size, state: "pending" };
}

function show(message, place = "end") {
  if (!thread.add(message, place)) return false;
  at("welcome").hidden = true;
  thread.arrange();
  return true;
}

// What the server says.
function heard(name, data) {
  if (name === "typing") return showTyping(true);
  if (name === "stale") return thread.has(data.key) ? null : refresh();
  const end = isAtEnd();
  if (name === "mine" && !thread.has(data.key)) thread.retire();
  // What is older than everything shown comes with the earlier messages.
  if (before && thread.isOlder(data.at)) return null;
  if (!show(data, "time")) return null;
  if (name === "message") {
    showTyping(false);
    if (document.hidden) document.title = `(${++unread}) ${title}`;
  }
  if (end) toEnd();
  else showNewer(Number(newer.dataset.count || 0) + 1);
  return null;
}

function showTyping(on) {
  const end = isAtEnd();
  clearTimeout(typingTimer);
  typing.hidden = !on;
  if (on) typingTimer = setTimeout(() => showTyping(false), 20_000);
  if (end) toEnd();
}

// A notice only when it lasts: a short gap is nobody's business.
function tell(text, after = 0) {
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (notice.textContent = text), after);
}

const isAtEnd = () => view.scrollHeight - view.scrollTop - view.clientHeight < 80;

function toEnd() {
  view.scrollTop = view.scrollHeight;
  showNewer(0);
}

function showNewer(number) {
  newer.dataset.count = number;
  newer.hidden = number === 0 && isAtEnd();
  newer.lastElementChild.textContent = number ? word("newMessages", { count: number }) : "";
  newer.setAttribute("aria-label", number ? "" : word("toEnd"));
  if (number) newer.removeAttribute("aria-label");
}

// Reads what the server has; keeps what is only here.
function merge(messages, place) {
  for (const message of messages) {
    if (thread.add(message, place)) continue;
    outbox.forget(message.key);
    thread.setFiles(message.key, message.files);
  }
  thread.arrange();
  at("welcome").hidden = thread.size > 0;
}

async function refresh() {
  try {
    const end = isAtEnd();
    merge((await fetchHistory()).messages, "time");
    if (end) toEnd();
  } catch {
    // The stream goes on; the next reconnection reads again.
  }
}

// The first load, and again when too much was missed. Not read aloud: it is no news.
async function begin(attempt = 0) {
  view.setAttribute("aria-live", "off");
  try {
    const history = await fetchHistory();
    const first = thread.size === 0;
    merge(history.messages, "time");
    if (first) setOlder(history.before);
    composer.setLimits(history.limits);
    takeUpUnsent();
    toEnd();
    stream.start(history.after);
  } catch {
    tell(word(navigator.onLine ? "historyFailed" : "offline"));
    setTimeout(() => begin(attempt + 1), Math.min(30_000, 1000 * 2 ** attempt));
    return;
  }
  tell("");
  setTimeout(() => view.setAttribute("aria-live", "polite"), 200);
}

// What an earlier visit wrote and could not send.
function takeUpUnsent() {
  for (const message of outbox.remembered()) {
    if (thread.has(message.id)) {
      if (!sent.has(message.id)) outbox.forget(message.id);
    } else {
      say(message);
    }
  }
}

function setOlder(place) {
  before = place;
  older.hidden = !place;
}

async function showOlder() {
  if (!before || older.disabled) return;
  older.disabled = true;
  view.setAttribute("aria-live", "off");
  try {
    const history = await fetchHistory(before);
    const fromEnd = view.scrollHeight - view.scrollTop;
    for (const message of history.messages.reverse()) thread.add(message, "start");
    thread.arrange();
    setOlder(history.before);
    view.scrollTop = view.scrollHeight - fromEnd;
  } catch {
    tell(word("olderFailed"));
    tell("", 5000);
  }
  older.disabled = false;
  setTimeout(() => view.setAttribute("aria-live", "polite"), 200);
}

for (const text of word("starters")) {
  const starter = element("button", "choice", text);
  starter.type = "button";
  starter.addEventListener("click", () => {
    say({ text });
    composer.focus();
  });
  at("starters").append(starter);
}

older.addEventListener("click", showOlder);
newer.addEventListener("click", toEnd);
view.addEventListener("scroll", () => {
  if (isAtEnd()) showNewer(0);
  else if (newer.hidden) showNewer(0);
}, { passive: true });
new ResizeObserver(() => Number(newer.dataset.count) || !newer.hidden || toEnd()).observe(view);
addEventListener("online", () => outbox.retryAll());
addEventListener("offline", () => tell(word("offline")));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unread = 0;
  document.title = title;
  thread.arrange();
});
addEventListener("beforeunload", (event) => outbox.uploading() && event.preventDefault());

begin();
