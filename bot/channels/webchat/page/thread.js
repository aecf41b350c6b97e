// The messages on the page. Text of people and of the assistant is only ever set as text.
import { dayOf, midnight, momentOf, sizeOf, timeOf, word } from "./words.js";

const TOGETHER = 5 * 60_000;
const LONG = 1400;
const LINK = /https?:\/\/[^\s<>"'`]+/gi;

export function element(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

// pieces: [words, bold] each.
function emphasised(pieces) {
  const parts = document.createDocumentFragment();
  for (const [words, bold] of pieces) parts.append(bold ? element("b", "", words) : linked(words));
  return parts;
}

// Text with its web addresses as links; nothing but http and https becomes one.
export function linked(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const address = trimmed(match[0]);
    if (!URL.canParse(address)) continue;
    const link = element("a", "", address);
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    parts.append(text.slice(from, match.index), link);
    from = match.index + address.length;
  }
  parts.append(text.slice(from));
  return parts;
}

// A full stop or a bracket after an address belongs to the sentence.
function trimmed(address) {
  let end = address.length;
  for (;;) {
    const last = address[end - 1];
    const open = { ")": "(", "]": "[" }[last];
    const part = address.slice(0, end);
    const unbalanced = open && part.split(last).length > part.split(open).length;
    if (!unbalanced && !".,;:!?…*_".includes(last)) return part;
    end--;
  }
}

export class Thread {
  // on: {choose(message, choice), retry(key)}
  constructor(list, on) {
    this.list = list;
    this.on = on;
    this.items = new Map();
    this.days = new Map();
  }

  get size() {
    return this.items.size;
  }

  has(key) {
    return this.items.has(key);
  }

  isOlder(at) {
    const [first] = this.items.values();
    return first !== undefined && new Date(at) < first.at;
  }

  // place: "end", "start" (in front of all), or "time" (where its time belongs).
  add(message, place = "end") {
    if (this.items.has(message.key)) return false;
    const item = { message, at: new Date(message.at), state: message.state || "sent", note: "" };
    this.#draw(item);
    const entries = [...this.items];
    let index = place === "start" ? 0 : entries.length;
    if (place === "time") {
      while (index > 0 && entries[index - 1][1].at > item.at) index--;
    }
    this.list.insertBefore(item.node, entries[index]?.[1].node ?? null);
    entries.splice(index, 0, [message.key, item]);
    this.items = new Map(entries);
    return true;
  }

  // note: why it was not sent.
  setState(key, state, note = "", at = null) {
    const item = this.items.get(key);
    if (!item) return;
    item.state = state;
    item.note = note;
    if (at) item.at = new Date(at);
    this.#drawMeta(item);
    this.arrange();
  }

  // What the server knows of files replaces what was promised.
  setFiles(key, files) {
    const item = this.items.get(key);
    const settled = files.length && files.every((file) => file.state !== "pending");
    if (!item || !settled || item.message.files.some((file) => file.state === "stored")) return;
    item.message.files.forEach((file) => file.preview && URL.revokeObjectURL(file.preview));
    item.message.files = files;
    item.node.querySelector(".files")?.replaceWith(drawFiles(files));
  }

  // Buttons count until the person has answered; then they stay to be read.
  retire(chosen = null) {
    for (const node of this.list.querySelectorAll(".choices:not(.over)")) {
      node.classList.add("over");
      for (const button of node.children) {
        button.setAttribute("aria-disabled", "true");
        if (button.dataset.key === chosen) markChosen(button);
      }
    }
  }

  // Days, groups and which "sent" is shown, from what stands where now.
  arrange() {
    const days = new Map();
    let before = null;
    let lastOwn = null;
    for (const item of this.items.values()) {
      const day = midnight(item.at);
      if (!before || midnight(before.at) !== day) days.set(day, days.get(day) ?? item.node);
      const joins = before && joined(before, item) && midnight(before.at) === day;
      item.node.classList.toggle("joins", Boolean(joins));
      before?.node.classList.toggle("goes-on", Boolean(joins));
      item.node.classList.remove("goes-on", "last-own");
      if (item.message.from === "you") lastOwn = item;
      before = item;
    }
    lastOwn?.node.classList.add("last-own");
    for (const [day, node] of this.days) {
      if (!days.has(day)) node.remove();
    }
    for (const [day, first] of days) {
      const node = this.days.get(day) ?? element("li", "day");
      node.textContent = dayOf(new Date(day));
      if (first.previousSibling !== node) this.list.insertBefore(node, first);
      days.set(day, node);
    }
    this.days = days;
  }

  #draw(item) {
    const { message } = item;
    const node = (item.node = element("li", `message ${message.from === "you" ? "you" : "us"} from-${message.from}`));
    node.append(drawAuthor(message));
    const body = element("div", "body");
    if (message.text) body.append(drawText(message));
    if (message.files.length) body.append(drawFiles(message.files));
    node.append(body);
    if (message.choices.length) node.append(this.#drawChoices(message));
    item.meta = element("p", "meta");
    node.append(item.meta);
    this.#drawMeta(item);
  }

  #drawChoices(message) {
    const over = !message.live || message.choices.some((choice) => choice.chosen);
    const group = element("div", over ? "choices over" : "choices");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", word("choices"));
    for (const choice of message.choices) {
      const button = element("button", "choice");
      button.type = "button";
      button.dataset.key = choice.key;
      button.append(element("span", "", choice.label));
      if (choice.description) button.append(element("small", "", choice.description));
      if (over) button.setAttribute("aria-disabled", "true");
      if (choice.chosen) markChosen(button);
      button.addEventListener("click", () => {
        if (button.getAttribute("aria-disabled") !== "true") this.on.choose(message, choice);
      });
      group.append(button);
    }
    return group;
  }

  #drawMeta({ message, state, note, at, meta, node }) {
    node.classList.toggle("failed", state === "failed");
    node.classList.toggle("unsent", state !== "sent");
    meta.replaceChildren();
    const time = element("time", "", timeOf(at));
    time.dateTime = at.toISOString();
    time.title = momentOf(at);
    if (state === "failed") {
      // What was refused with a reason would be refused again.
      meta.append(element("span", "", note || word("failed")));
      if (note) return;
      const retry = element("button", "retry");
      retry.type = "button";
      retry.append(icon("retry"), word("retry"));
      retry.addEventListener("click", () => this.on.retry(message.key));
      meta.append(retry);
    } else if (state === "sent") {
      meta.append(time);
      if (message.from === "you") {
        const tick = element("span", "tick", word("sent"));
        tick.prepend(icon("check"));
        meta.append(tick);
      }
    } else {
      meta.append(element("span", "", word(state)));
    }
  }
}

function joined(a, b) {
  const same = a.message.from === b.message.from && a.message.name === b.message.name;
  return same && !a.message.choices.length && b.at - a.at < TOGETHER;
}

function markChosen(button) {
  button.classList.add("chosen");
  button.prepend(icon("check"));
  button.append(element("span", "sr", ` (${word("chosen")})`));
}

function drawAuthor({ from, name }) {
  const author = element("p", from === "you" ? "author sr" : "author");
  if (from === "assistant") author.append(icon("sapa"));
  if (from === "staff") author.append(icon("person"));
  author.append(from === "staff" && name ? word("staffNamed", { name }) : word(from));
  return author;
}

function drawText({ text, pieces }) {
  const box = element("div", "bubble");
  const words = element("p", "text");
  words.dir = "auto";
  words.append(pieces ? emphasised(pieces) : linked(text));
  box.append(words);
  if (text.length <= LONG && text.split("\n").length <= 24) return box;
  words.classList.add("cut");
  const more = element("button", "more", word("more"));
  more.type = "button";
  more.setAttribute("aria-expanded", "false");
  more.addEventListener("click", () => {
    const cut = words.classList.toggle("cut");
    more.textContent = word(cut ? "more" : "less");
    more.setAttribute("aria-expanded", String(!cut));
  });
  box.append(more);
  return box;
}

function drawFiles(files) {
  const list = element("div", "files");
  for (const file of files) list.append(drawFile(file));
  return list;
}

const PAINTED = ["image/png", "image/jpeg", "image/gif", "image/webp"];

function drawFile({ url, preview, name, type, size, state }) {
  const source = preview || url;
  const box = element(url ? "a" : "div", "file");
  if (url) {
    box.href = url;
    box.target = "_blank";
    box.rel = "noopener";
  }
  if (source && PAINTED.includes(type)) {
    const image = element("img");
    image.src = source;
    image.alt = name || word("file");
    image.loading = "lazy";
    box.classList.add("picture");
    box.append(image);
    return box;
  }
  const about = element("span", "about");
  about.append(element("b", "", name || word("file")));
  about.title = name || "";
  const fault = { refused: "fileRefused", failed: "fileFailed", removed: "fileRemoved" }[state];
  about.append(element("small", fault ? "wrong" : "", fault ? word(fault) : sizeOf(size)));
  box.append(icon("file"), about);
  return box;
}

