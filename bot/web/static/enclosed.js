// Files that go with a reply: chosen, pasted or dropped. They stay with their ticket in this page until they are sent.
import { $, offline } from "./page.js";

const waiting = new Map();
const field = () => $("#files");
const number = () => $("#ticket").dataset.number || "";
const mine = () => waiting.get(number()) || [];

export function showFiles() {
  if (!field()) return;
  const box = new DataTransfer();
  for (const file of mine()) box.items.add(file);
  field().files = box.files;
  const list = $("#enclosed");
  list.replaceChildren(...mine().map(row));
  list.hidden = !mine().length;
}

function row(file) {
  const item = $("#enclosed-row").content.firstElementChild.cloneNode(true);
  const [name, size] = item.querySelectorAll("span");
  name.textContent = file.name;
  size.textContent = `${Math.ceil(file.size / 1000)} KB`;
  $("[data-detach]", item).addEventListener("click", () => {
    keep(mine().filter((other) => other !== file));
    $("#reply").focus();
  });
  return item;
}

function keep(files) {
  waiting.set(number(), files);
  showFiles();
}

function add(list) {
  const limits = field().dataset;
  const files = mine().slice();
  let fault = "";
  for (const file of list) {
    if (!file.size) fault = limits.empty.replace("{name}", () => file.name);
    else if (file.size > Number(limits.bytes)) fault = limits.tooLarge.replace("{name}", () => file.name);
    else if (files.length >= Number(limits.files)) fault = limits.tooMany;
    else files.push(file);
  }
  keep(files);
  $("#enclosed-fault").textContent = fault;
  $("#enclosed-fault").hidden = !fault;
  $('[data-tab="composer"]').click();
}

// What goes with a canned reply is fetched, and sent as if it had been chosen here: it can be taken away, too.
export async function addKept(addresses) {
  const ticket = number();
  const found = await Promise.all(addresses.map(async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(address);
    const name = /filename\*=utf-8''([^;]+)/i.exec(answer.headers.get("content-disposition"));
    const plain = /filename="([^"]*)"/.exec(answer.headers.get("content-disposition"));
    return new File([await answer.blob()], name ? decodeURIComponent(name[1]) : plain?.[1] || "file");
  })).catch(() => offline(true));
  if (found && field() && ticket === number()) add(found);
}

const carried = (event) => event.dataTransfer?.types.includes("Files");
function over(event) {
  if (!carried(event)) return;
  // A file that is dropped beside the conversation must not take the page's place.
  event.preventDefault();
  const pane = event.target.closest?.(".talk-pane");
  $(".talk-pane")?.classList.toggle("dropping", Boolean(pane && field()) && event.type === "dragover");
  if (event.type === "drop" && pane && field()) add(event.dataTransfer.files);
}

export function listenForFiles() {
  for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, over);
  document.addEventListener("click", (event) => { if (event.target.closest("[data-attach]")) field().click(); });
  document.addEventListener("change", (event) => { if (event.target === field()) add([...field().files]); });
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData.files;
    // Offices put a picture of a text beside the text: then it is the text that is meant.
    if (event.target.id !== "reply" || !field() || !files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    add(files);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig?.elt;
    if (form?.id === "composer" && event.detail.xhr.status === 200) waiting.delete(form.dataset.draft);
  });
}
