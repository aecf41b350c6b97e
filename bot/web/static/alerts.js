// A notification of the browser and a short sound for what is new, while nobody looks at the page. Both are switched on
// in the menu, for this browser.
import { $ } from "./page.js";

const MOST_AT_ONCE = 4, REMEMBERED = 200;
const list = `sapa-known-${document.body.dataset.me}`;
const kept = (name) => localStorage.getItem(`sapa-${name}`);
const notifies = () => kept("notify") === "on" && window.Notification?.permission === "granted";
const sounds = () => (kept("sound") ?? (notifies() ? "on" : "off")) === "on";
const wanted = () => $("#alerts") && (notifies() || sounds());

// Several pages of one browser would tell the same thing: one looks after the other, and knows what that one told.
// Without TLS there are no locks, and no notifications either.
const alone = (what) => (navigator.locks ? navigator.locks.request("sapa-news", what) : what());

async function look(tells) {
  const answer = await fetch("/console/news", { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const found = await answer.json();
  const known = JSON.parse(localStorage.getItem(list) || "[]");
  const fresh = found.filter((each) => !known.includes(each.key));
  localStorage.setItem(list, JSON.stringify([...known, ...fresh.map((each) => each.key)].slice(-REMEMBERED)));
  if (!tells || !document.hidden || !fresh.length) return;
  // Of a ticket the first says most: that somebody was given it, and not that there is a message in it.
  const once = fresh.filter((each, at) => fresh.findIndex((other) => other.title === each.title) === at);
  if (notifies()) once.slice(0, MOST_AT_ONCE).forEach(notify);
  if (sounds()) chime();
}

export function alertSoon() {
  if (document.hidden && wanted()) alone(() => look(true)).catch(() => {});
}

function notify({ title, text, address }) {
  let sign;
  try {
    sign = new Notification(title, { body: text, tag: title, renotify: true, silent: true });
  } catch {
    // Browsers of phones have the name, but show none that a page makes.
    return;
  }
  sign.onclick = () => {
    window.focus();
    sign.close();
    const row = $(`#list a[data-number="${CSS.escape(title)}"]`);
    if (row) row.click();
    else location.assign(address);
  };
}

function chime() {
  // Before the first click browsers allow no sound; it is not made up for at that click.
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
  const audio = new AudioContext();
  const tone = audio.createOscillator(), volume = audio.createGain(), end = audio.currentTime + 0.35;
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.06, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, end);
  tone.connect(volume).connect(audio.destination);
  tone.onended = () => audio.close();
  tone.start();
  tone.stop(end);
}

function drawn() {
  $("[data-alert=notify]").setAttribute("aria-pressed", notifies());
  $("[data-alert=sound]").setAttribute("aria-pressed", sounds());
}

async function turn(name) {
  const on = name === "notify" ? !notifies() : !sounds();
  if (name === "notify" && on) {
    const allowed = (await window.Notification?.requestPermission()) === "granted";
    $("#alerts-refused").hidden = allowed;
    if (!allowed) return;
  }
  localStorage.setItem(`sapa-${name}`, on ? "on" : "off");
  if (name === "sound" && on) chime();
  drawn();
  listen();
}

// Pages that are not told what happens ask for it, one of all that are open.
let listening = false;
function listen() {
  if (listening || !wanted() || $("#list")) return;
  listening = true;
  const begin = () => {
    const stream = new EventSource("/console/events");
    stream.addEventListener("list", alertSoon);
    return new Promise((end) => window.addEventListener("pagehide", () => { stream.close(); end(); }));
  };
  if (navigator.locks) navigator.locks.request("sapa-listening", begin);
  else begin();
}

export function startAlerts() {
  if (!$("#alerts")) return;
  document.addEventListener("click", (event) => {
    const name = event.target.closest("[data-alert]")?.dataset.alert;
    if (name) turn(name);
  });
  // What was there when somebody looked away is not new.
  const away = () => { if (document.hidden && wanted()) alone(() => look(false)).catch(() => {}); };
  document.addEventListener("visibilitychange", away);
  away();
  drawn();
  listen();
}
