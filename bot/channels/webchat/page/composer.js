// Where the person writes: the text, the files to go with it, and what keeps both from being lost.
import { element, icon } from "./thread.js";
import { count, sizeOf, word } from "./words.js";

const DRAFT = "sapa.draft";
const NEARLY = 500;
const TELL_EVERY = 4000;

export class Composer {
  // send(text, files) is called with what is to be sent, writes() while something is written, now and then.
  constructor(form, dropArea, send, writes) {
    this.send = send;
    this.writes = writes;
    this.told = 0;
    this.limits = { text: 10_000, file: 20_000_000 };
    this.files = [];
    this.form = form;
    [this.text, this.tray, this.fault] = ["#text", "#tray", "#fault"].map((name) => form.querySelector(name));
    this.text.value = sessionStorage.getItem(DRAFT) || "";
    this.#listen();
    this.#listenForFiles(dropArea);
    this.#changed();
    if (matchMedia("(pointer: fine)").matches) this.focus();
    else this.text.enterKeyHint = "enter";
  }

  setLimits(limits) {
    this.limits = limits;
    this.#changed();
  }

  focus() {
    if (matchMedia("(pointer: fine)").matches) this.text.focus();
  }

  #listen() {
    this.text.addEventListener("input", () => {
      this.#changed();
      if (!this.text.value.trim() || Date.now() - this.told < TELL_EVERY) return;
      this.told = Date.now();
      this.writes();
    });
    this.text.addEventListener("keydown", (event) => {
      // On a touch keyboard Enter is a new line; while a word is being composed it belongs to the keyboard.
      const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing;
      if (!sends || !(event.ctrlKey || event.metaKey || matchMedia("(pointer: fine)").matches)) return;
      event.preventDefault();
      this.#submit();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  #listenForFiles(dropArea) {
    const picker = this.form.querySelector("#picker");
    const drop = document.getElementById("drop");
    this.form.querySelector("#attach").addEventListener("click", () => picker.click());
    picker.addEventListener("change", () => {
      this.#add(picker.files);
      picker.value = "";
    });
    this.text.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.#add(event.clipboardData.files);
    });
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    dropArea.addEventListener("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      drop.hidden = false;
    });
    dropArea.addEventListener("dragleave", (event) => {
      if (!dropArea.contains(event.relatedTarget)) drop.hidden = true;
    });
    dropArea.addEventListener("drop", (event) => {
      drop.hidden = true;
      if (!carries(event)) return;
      event.preventDefault();
      this.#add(event.dataTransfer.files);
    });
  }

  #submit() {
    const text = this.text.value.trim();
    if ((!text && !this.files.length) || this.#over() > 0) return;
    const files = this.files.splice(0).map(({ file, preview }) => {
      if (preview) URL.revokeObjectURL(preview);
      return file;
    });
    this.text.value = "";
    this.told = 0;
    this.#drawTray();
    this.#changed();
    this.send(text, files);
    this.text.focus();
  }

  #add(list) {
    let fault = "";
    for (const file of list) {
      if (file.size > this.limits.file) {
        fault = word("tooLarge", { name: file.name, size: sizeOf(this.limits.file) });
      } else if (!file.size) {
        fault = word("emptyFile", { name: file.name });
      } else {
        this.files.push({ file, preview: file.type.startsWith("image/") ? URL.createObjectURL(file) : null });
      }
    }
    this.#drawTray();
    this.#changed();
    if (fault) this.#blame(fault);
    this.text.focus();
  }

  #drawTray() {
    this.tray.hidden = !this.files.length;
    this.tray.replaceChildren(...this.files.map((entry) => this.#drawFile(entry)));
  }

  #drawFile(entry) {
    const item = element("li", "staged");
    if (entry.preview) {
      const image = element("img");
      image.src = entry.preview;
      image.alt = "";
      item.append(image);
    } else {
      item.append(icon("file"));
    }
    const about = element("span", "about");
    about.append(element("b", "", entry.file.name || word("file")), element("small", "", sizeOf(entry.file.size)));
    const remove = element("button", "remove");
    remove.type = "button";
    remove.setAttribute("aria-label", word("remove", { name: entry.file.name }));
    remove.append(icon("close"));
    remove.addEventListener("click", () => {
      this.files = this.files.filter((other) => other !== entry);
      if (entry.preview) URL.revokeObjectURL(entry.preview);
      this.#drawTray();
      this.#changed();
      this.text.focus();
    });
    item.append(about, remove);
    return item;
  }

  #over() {
    return this.text.value.trim().length - this.limits.text;
  }

  #changed() {
    const over = this.#over();
    if (over > 0) this.#blame(word("tooLong", { count: count(over) }));
    else this.#blame(over > -NEARLY ? word("charactersLeft", { count: count(-over) }) : "", false);
    const ready = (this.text.value.trim() || this.files.length) && over <= 0;
    this.form.classList.toggle("ready", Boolean(ready));
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
    try {
      sessionStorage.setItem(DRAFT, this.text.value);
    } catch {
      // Without storage the draft lives as long as the page.
    }
  }

  #blame(text, wrong = true) {
    this.fault.textContent = text;
    this.fault.classList.toggle("wrong", wrong);
  }
}
