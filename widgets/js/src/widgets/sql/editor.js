// The editor: a text area with completion (Tab, Ctrl+Space) in a list below it. Tab without a word before it moves on as usual.
import { h, uuid } from "../lib/dom.js";
import { completions } from "./complete.js";

export class Editor {
  constructor(model, run) {
    this.model = model;
    this.run = run;
    this.items = [];
    this.active = 0;
    const id = `skyhub-sql-${uuid()}`;
    this.list = h("ul", { class: "skyhub-sql-completions", role: "listbox", id, "aria-label": "Completions", hidden: true });
    this.area = h("textarea", {
      class: "skyhub-sql-area", rows: 8, spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off",
      role: "combobox", "aria-label": "SQL statement", "aria-controls": id, "aria-expanded": "false", "aria-autocomplete": "list",
      placeholder: "SELECT … FROM …    (Ctrl+Enter runs, Tab completes)",
      on: { keydown: (event) => this.#key(event), input: () => this.#typed(), blur: () => this.#hide(), click: () => this.#hide() },
    });
    this.element = h("div", { class: "skyhub-sql-editor" }, this.area, this.list);
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const at = [...this.list.children].indexOf(event.target.closest("li"));
      if (at >= 0) this.#accept(at);
    });
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    if (this.area.value !== text) this.area.value = text;
  }

  // Text at the caret, in place of what is selected; undo works.
  insert(text) {
    this.area.focus();
    const { selectionStart: start, selectionEnd: end } = this.area;
    this.#replace(start, end, text);
  }

  #replace(start, end, text) {
    this.area.setSelectionRange(start, end);
    if (!document.execCommand?.("insertText", false, text)) {
      this.area.setRangeText(text, start, end, "end");
    }
    this.#save();
  }

  #save() {
    this.model.set("statement", this.area.value);
    this.model.save_changes();
  }

  #typed() {
    this.#save();
    if (!this.list.hidden) this.#open();
  }

  #open() {
    const { start, items } = completions(this.area.value, this.area.selectionStart, this.model.get("tables"));
    [this.items, this.start, this.active] = [items, start, 0];
    this.#show();
    return items.length > 0;
  }

  #show() {
    const id = this.list.id;
    this.list.replaceChildren(...this.items.map((item, at) => h("li", { role: "option", id: `${id}-${at}`, "aria-selected": String(at === this.active), title: item.about },
      h("span", {}, item.text), h("small", {}, item.of ? `${item.kind} of ${item.of}` : item.kind))));
    this.list.hidden = this.items.length === 0;
    this.area.setAttribute("aria-expanded", String(!this.list.hidden));
    if (this.list.hidden) this.area.removeAttribute("aria-activedescendant");
    else this.area.setAttribute("aria-activedescendant", `${id}-${this.active}`);
  }

  #hide() {
    this.items = [];
    this.#show();
  }

  #accept(at) {
    const item = this.items[at];
    this.#replace(this.start, this.area.selectionStart, item.text);
    this.#hide();
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      this.#hide();
      this.run();
    } else if (event.key === " " && event.ctrlKey) {
      this.#open();
    } else if (event.key === "Tab" && !event.shiftKey && !event.ctrlKey) {
      if (!this.#completed()) return;
    } else if (!this.list.hidden && event.key === "Escape") {
      this.#hide();
    } else if (!this.list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.active = (this.active + step + this.items.length) % this.items.length;
      this.#show();
    } else if (!this.list.hidden && event.key === "Enter") {
      this.#accept(this.active);
    } else {
      event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // Tab: accept what is chosen; else complete the word before the caret, at once if there is one way only.
  #completed() {
    if (!this.list.hidden) {
      this.#accept(this.active);
      return true;
    }
    if (!/[\w.]$/.test(this.area.value.slice(0, this.area.selectionStart)) || !this.#open()) return false;
    if (this.items.length === 1) this.#accept(0);
    return true;
  }
}
