// Every word of the page, in the languages it speaks. {name} is filled in.
const CATALOGUE = {
  id: {
    skip: "Langsung ke kotak pesan",
    about: "Sapa · asisten otomatis dan petugas",
    thread: "Percakapan",
    older: "Pesan sebelumnya",
    welcome: "Ada yang bisa kami bantu?",
    invite: "Tulis pertanyaan Anda, atau mulai dari sini.",
    starters: ["Halo", "Apa saja yang bisa dibantu?", "Bicara dengan petugas"],
    attach: "Lampirkan berkas",
    text: "Pesan Anda",
    placeholder: "Tulis pesan…",
    send: "Kirim",
    hint: "Enter untuk mengirim, Shift+Enter untuk baris baru.",
    drop: "Lepaskan berkas di sini",
    tray: "Berkas yang akan dikirim",
    remove: "Hapus {name}",
    newMessages: "{count} pesan baru",
    toEnd: "Ke pesan terbaru",
    you: "Anda",
    assistant: "Sapa · asisten otomatis",
    staff: "Petugas",
    staffNamed: "{name} · petugas",
    system: "Pemberitahuan",
    choices: "Pilihan jawaban",
    chosen: "dipilih",
    sending: "Mengirim…",
    sent: "Terkirim",
    waiting: "Menunggu sambungan…",
    failed: "Belum terkirim.",
    retry: "Kirim lagi",
    more: "Tampilkan semua",
    less: "Ringkas",
    today: "Hari ini",
    yesterday: "Kemarin",
    file: "Berkas",
    fileRefused: "Berkas ini tidak dapat diterima",
    fileFailed: "Berkas ini gagal disimpan",
    fileRemoved: "Berkas ini sudah tidak disimpan",
    reconnecting: "Menyambung kembali…",
    offline: "Anda sedang luring. Pesan dikirim begitu tersambung.",
    historyFailed: "Riwayat belum dapat dimuat. Mencoba lagi…",
    olderFailed: "Pesan sebelumnya belum dapat dimuat. Silakan coba lagi.",
    charactersLeft: "{count} karakter lagi",
    tooLong: "Pesan terlalu panjang: {count} karakter melebihi batas. Silakan bagi menjadi beberapa pesan.",
    tooLarge: "{name} terlalu besar. Ukuran paling besar {size}.",
    emptyFile: "{name} kosong.",
    refused: "Pesan ini tidak dapat diterima.",
    tooLargeSent: "Berkas terlalu besar.",
    wrongType: "Jenis berkas ini tidak bisa kami terima. Foto, PDF, dan dokumen Word atau Excel bisa.",
  },
  en: {
    skip: "Skip to the message box",
    about: "Sapa · automatic assistant and staff",
    thread: "Conversation",
    older: "Earlier messages",
    welcome: "How can we help?",
    invite: "Write your question, or start here.",
    starters: ["Hello", "What can you help with?", "Talk to the staff"],
    attach: "Attach a file",
    text: "Your message",
    placeholder: "Write a message…",
    send: "Send",
    hint: "Enter to send, Shift+Enter for a new line.",
    drop: "Drop the file here",
    tray: "Files to be sent",
    remove: "Remove {name}",
    newMessages: "{count} new",
    toEnd: "To the latest message",
    you: "You",
    assistant: "Sapa · automatic assistant",
    staff: "Staff",
    staffNamed: "{name} · staff",
    system: "Notice",
    choices: "Answers to choose from",
    chosen: "chosen",
    sending: "Sending…",
    sent: "Sent",
    waiting: "Waiting for a connection…",
    failed: "Not sent yet.",
    retry: "Send again",
    more: "Show all",
    less: "Show less",
    today: "Today",
    yesterday: "Yesterday",
    file: "File",
    fileRefused: "This file cannot be accepted",
    fileFailed: "This file could not be stored",
    fileRemoved: "This file is no longer kept",
    reconnecting: "Reconnecting…",
    offline: "You are offline. Messages are sent as soon as you are back.",
    historyFailed: "The conversation cannot be loaded yet. Trying again…",
    olderFailed: "Earlier messages cannot be loaded yet. Please try again.",
    charactersLeft: "{count} characters left",
    tooLong: "The message is {count} characters too long. Please split it.",
    tooLarge: "{name} is too large. The limit is {size}.",
    emptyFile: "{name} is empty.",
    refused: "This message cannot be accepted.",
    tooLargeSent: "The file is too large.",
    wrongType: "We cannot accept this kind of file. Photos, PDF, and Word or Excel documents are fine.",
  },
};

const preferred = (navigator.languages || [navigator.language || ""])
  .map((tag) => tag.slice(0, 2).toLowerCase())
  .map((tag) => (tag === "in" ? "id" : tag));

export const language = preferred.find((tag) => tag in CATALOGUE) || "id";
const locale = language === "id" ? "id-ID" : navigator.languages?.find((tag) => tag.startsWith("en")) || "en";

export function word(name, values = {}) {
  const text = CATALOGUE[language][name];
  return typeof text === "string" ? text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "") : text;
}

// Puts the page's own words into its language.
export function translate(root) {
  document.documentElement.lang = language;
  for (const node of root.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  for (const node of root.querySelectorAll("[data-placeholder]")) node.placeholder = word(node.dataset.placeholder);
}

const clockTime = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const thisYear = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const anyYear = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const exact = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

export const timeOf = (date) => clockTime.format(date);
export const momentOf = (date) => exact.format(date);
export const count = (number) => decimal.format(number);

export function dayOf(date) {
  const now = new Date();
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return word("today");
  if (days === 1) return word("yesterday");
  return (date.getFullYear() === now.getFullYear() ? thisYear : anyYear).format(date);
}

export const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

export function sizeOf(bytes) {
  if (bytes == null) return "";
  if (bytes < 1000) return `${count(bytes)} B`;
  return bytes < 1_000_000 ? `${count(bytes / 1000)} kB` : `${count(bytes / 1_000_000)} MB`;
}
