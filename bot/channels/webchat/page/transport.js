// Getting things to the server and back: sending in order with retries, and the stream of events.

const DELAYS = [1000, 2000, 4000, 8000];
// The server speaks every 15 s; a stream that is silent for longer died without a word, as after a phone's sleep.
const SILENCE = 40_000;
const UNSENT = "sapa.unsent";

export class Refused extends Error {
  constructor(code, status) {
    super(code);
    this.code = code;
    this.status = status;
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export async function fetchHistory(before) {
  const query = before ? `?before=${encodeURIComponent(before)}` : "";
  const answer = await fetch(`chat/history${query}`, { signal: AbortSignal.timeout(15_000) });
  if (!answer.ok) throw new Error(`history: ${answer.status}`);
  return answer.json();
}

// Whoever of the staff looks at the conversation sees it for a moment; it does not matter when it gets lost.
export function tellWriting() {
  fetch("chat/typing", { method: "POST" }).catch(() => {});
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What the person wrote and the server does not have yet. One at a time, so the order stays; the id is made here, so
// that sending twice is receiving once. Texts and choices outlive a reload.
export class Outbox {
  // changed(message, state, answer or fault): state is sending, waiting, sent or failed.
  constructor(changed) {
    this.changed = changed;
    this.queue = [];
    this.failed = [];
    this.busy = false;
  }

  remembered() {
    try {
      return JSON.parse(localStorage.getItem(UNSENT) || "[]");
    } catch {
      return [];
    }
  }

  forget(id) {
    this.#remember((kept) => kept.filter((message) => message.id !== id));
  }

  send(message) {
    if (!message.file) {
      this.#remember((kept) => [...kept.filter((other) => other.id !== message.id), message]);
    }
    this.failed = this.failed.filter((other) => other.id !== message.id);
    this.queue.push(message);
    this.changed(message, "sending");
    this.#work();
  }

  // Everything that failed for want of a connection goes again, in its order.
  retryAll() {
    for (const message of this.failed.splice(0)) this.send(message);
  }

  uploading() {
    return this.queue.some((message) => message.file);
  }

  async #work() {
    if (this.busy) return;
    this.busy = true;
    while (this.queue.length) {
      const message = this.queue[0];
      try {
        const answer = await this.#deliver(message);
        this.forget(message.id);
        this.changed(message, "sent", answer);
      } catch (fault) {
        if (fault instanceof Refused) this.forget(message.id);
        else this.failed.push(message);
        this.changed(message, "failed", fault);
      }
      this.queue.shift();
    }
    this.busy = false;
  }

  async #deliver(message) {
    for (let attempt = 0; ; attempt++) {
      let wait = DELAYS[attempt];
      try {
        const answer = await post(message);
        if (answer.status === 202) return await answer.json();
        if (answer.status === 429) wait = 1000 * (Number(answer.headers.get("Retry-After")) || 1);
        else if (answer.status < 500) throw new Refused(await codeOf(answer), answer.status);
      } catch (fault) {
        if (fault instanceof Refused) throw fault;
      }
      if (wait === undefined || attempt > 20) throw new Error("no answer");
      this.changed(message, "waiting");
      await pause(wait);
    }
  }

  #remember(change) {
    try {
      localStorage.setItem(UNSENT, JSON.stringify(change(this.remembered()).slice(-50)));
    } catch {
      // Storage is full or forbidden: the message is still in the queue.
    }
  }
}

function post({ id, text, choice, file }) {
  if (file) {
    return fetch("chat/files", {
      method: "POST",
      body: file,
      headers: {
        "Content-Type": file.type || "application/octet-stream",
        "X-Message-Id": id,
        "X-Filename": encodeURIComponent(file.name || ""),
      },
      signal: AbortSignal.timeout(600_000),
    });
  }
  return fetch("chat/messages", {
    method: "POST",
    body: JSON.stringify({ id, text: choice ? "" : text, choice: choice || null }),
    headers: { "Content-Type": "application/json" },
    signal: AbortSignal.timeout(20_000),
  });
}

async function codeOf(answer) {
  try {
    return (await answer.json()).error || "";
  } catch {
    return "";
  }
}

// The stream of events. Reconnects by itself, later each time, and at once when the network or the person comes back.
export class Stream {
  // on: {event(name, data), open(again), lost(), restart()}
  constructor(on) {
    this.on = on;
    this.after = null;
    this.attempt = 0;
    this.opened = 0;
    setInterval(() => this.#now(), SILENCE / 2);
    addEventListener("online", () => this.#now());
    document.addEventListener("visibilitychange", () => document.hidden || this.#now());
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.#now());
  }

  start(after) {
    this.after = after;
    this.#connect();
  }

  #connect() {
    clearTimeout(this.timer);
    this.#close();
    const source = new EventSource(`chat/events?after=${this.after}`);
    this.source = source;
    this.heardAt = Date.now();
    source.onopen = () => {
      this.attempt = 0;
      this.on.open(this.opened++ > 0);
    };
    source.onerror = () => this.#again();
    source.addEventListener("beat", () => (this.heardAt = Date.now()));
    for (const name of ["message", "mine", "stale", "typing"]) {
      source.addEventListener(name, (event) => {
        this.heardAt = Date.now();
        if (event.lastEventId) this.after = event.lastEventId;
        this.on.event(name, JSON.parse(event.data));
      });
    }
    source.addEventListener("reset", () => {
      this.#close();
      this.on.restart();
    });
    source.addEventListener("parked", () => this.#close());
    source.addEventListener("bye", () => this.#again());
  }

  #again() {
    this.#close();
    this.on.lost();
    const delay = Math.min(30_000, 500 * 2 ** this.attempt++) * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => this.#connect(), delay);
  }

  #now() {
    if (this.after === null || document.hidden) return;
    const silent = Date.now() - this.heardAt > SILENCE;
    if (silent && this.source) this.on.lost();
    if (silent || (!this.source && !this.timer)) this.#connect();
  }

  #close() {
    this.source?.close();
    this.source = null;
  }
}
