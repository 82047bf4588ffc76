// The box that finds an object by name or coordinates, with its drop-down list: an ARIA combobox.
import { announcer, h } from "../lib/dom.js";
import { fixed } from "../lib/format.js";

let boxes = 0;

export class Finder {
  constructor(model) {
    this.model = model;
    this.results = [];
    this.active = -1;
    this.asked = null;
    boxes += 1;
    const list = `skyhub-find-${boxes}`;
    this.input = h("input", {
      type: "search", class: "skyhub-find-input", placeholder: "find by name or coordinates, then Enter", autocomplete: "off", spellcheck: "false",
      role: "combobox", "aria-label": "Find an object by name or coordinates", "aria-expanded": "false", "aria-controls": list, "aria-autocomplete": "list",
    });
    this.list = h("ul", { class: "skyhub-find-list", id: list, role: "listbox", "aria-label": "Objects found", hidden: true });
    this.live = announcer();
    this.root = h("div", { class: "skyhub-find", role: "search" }, this.input, this.list, this.live);
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("input", () => this.#show(false));
    this.root.addEventListener("focusout", (event) => !this.root.contains(event.relatedTarget) && this.#show(false));
    this.received = (message) => message.type === "found" && message.text === this.asked && this.#found(message);
    model.on("msg:custom", this.received);
  }

  close() {
    this.model.off("msg:custom", this.received);
  }

  #key(event) {
    const open = !this.list.hidden;
    const handlers = {
      Enter: () => (open && this.active >= 0 ? this.#choose(this.active) : this.#ask()),
      ArrowDown: () => (open ? this.#activate(this.active + 1) : this.#show(this.results.length > 0)),
      ArrowUp: () => open && this.#activate(this.active - 1),
      Escape: () => this.#show(false),
    };
    if (!handlers[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    handlers[event.key]();
  }

  #ask() {
    const text = this.input.value.trim();
    if (!text) return;
    this.asked = text;
    this.#say("searching …");
    this.model.send({ type: "find", text });
  }

  #found({ results, message }) {
    this.results = results;
    this.active = -1;
    if (results.length === 0) return this.#say(message || "Nothing found.");
    this.list.replaceChildren(...results.map((result, i) => this.#option(result, i)));
    this.#show(true);
    this.#activate(0);
    this.live.textContent = `${results.length} object${results.length === 1 ? "" : "s"} found`;
    return undefined;
  }

  #option({ object_id: name, ra, dec, separation_arcsec: separation }, i) {
    const where = `${fixed(ra, 5)} ${fixed(dec, 5)}${separation === null || separation === undefined ? "" : ` · ${fixed(separation, 1)}″`}`;
    return h("li", {
      id: `${this.list.id}-${i}`, role: "option", "aria-selected": "false",
      on: { mousedown: (event) => event.preventDefault(), click: () => this.#choose(i), mouseenter: () => this.#activate(i) },
    }, h("b", {}, name), h("span", {}, where));
  }

  #say(text) {
    this.results = [];
    this.list.replaceChildren(h("li", { class: "skyhub-find-note" }, text));
    this.live.textContent = text;
    this.#show(true);
  }

  #show(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    if (!open) this.input.removeAttribute("aria-activedescendant");
  }

  #activate(i) {
    if (this.results.length === 0) return;
    this.active = (i + this.results.length) % this.results.length;
    [...this.list.children].forEach((option, k) => option.setAttribute("aria-selected", String(k === this.active)));
    const option = this.list.children[this.active];
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  #choose(i) {
    const { object_id: name } = this.results[i];
    this.input.value = name;
    this.#show(false);
    this.input.blur();
    this.model.set("location", { view: this.model.get("source_view"), params: { object_id: name } });
    this.model.save_changes();
    this.model.send({ type: "choose", object_id: name });
  }
}
