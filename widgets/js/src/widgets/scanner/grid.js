// Many candidates at a time: a page of small cards around the current one, of which several can be marked and decided at once.
import { h } from "../lib/dom.js";
import { fixed, MISSING } from "../lib/format.js";
import { DONE } from "./card.js";

const LARGEST = 24; // what the cache of cards holds twice
const CELL = 178; // px, with its gap
const ROWS = 4;

export class Grid {
  constructor(store) {
    this.store = store;
    this.cells = new Map();
    this.page = -1;
    this.size = LARGEST;
    this.columns = 6;
    this.root = h("div", { class: "skyhub-grid", role: "listbox", "aria-label": "Candidates", "aria-multiselectable": "true", hidden: true });
  }

  // Columns and rows that fit; tells the store what to fetch
  measure() {
    this.columns = Math.max(2, Math.floor(this.root.clientWidth / CELL) || 2);
    this.size = Math.min(LARGEST, this.columns * ROWS);
  }

  get first() {
    return Math.floor(Math.max(0, this.store.index) / this.size) * this.size;
  }

  // Places whose cards are needed: this page and the next
  places() {
    return Array.from({ length: 2 * this.size }, (_, i) => this.first + i);
  }

  idsOfPage() {
    return Array.from({ length: this.size }, (_, i) => this.store.queue.at(this.first + i)?.id).filter(Boolean);
  }

  draw() {
    this.measure();
    const ids = this.idsOfPage();
    const key = ids.join();
    if (key !== this.page) {
      this.page = key;
      this.cells = new Map(ids.map((id) => [id, this.#cell(id)]));
      this.root.replaceChildren(...this.cells.values());
    }
    for (const id of ids) this.update(id);
    this.cells.get(this.store.entry?.id)?.scrollIntoView({ block: "nearest" });
  }

  #cell(id) {
    const { store } = this;
    const place = store.queue.places.get(id);
    const click = (event) => {
      if (event.target.closest(".skyhub-mark") || event.ctrlKey || event.metaKey) store.toggleMark(id);
      else store.move(place) || store.emit("current");
    };
    const open = () => store.emit("card-wanted");
    return h("div", { class: "skyhub-cell", role: "option", on: { click, dblclick: open } },
      h("div", { class: "skyhub-cell-images" }), h("b", {}, store.queue.at(place).object_id), h("small", {}),
      h("span", { class: "skyhub-mark", title: "Mark (b)", "aria-hidden": "true" }));
  }

  // Brings one cell up to date: images once, the rest each time
  update(id) {
    const { store } = this;
    const cell = this.cells.get(id);
    const entry = store.queue.find(id);
    if (!cell || !entry) return;
    const card = store.cards.has(id) ? store.cards.get(id) : null;
    if (card && !cell.dataset.drawn) {
      cell.dataset.drawn = "yes";
      const shown = ["science", "difference"].map((kind) => (card.cutouts[kind] ? h("img", { src: card.cutouts[kind], alt: kind, decoding: "async", width: 80, height: 80 }) : h("span", { class: "skyhub-thumb" })));
      cell.firstChild.replaceChildren(...shown);
    }
    const marked = store.marked.has(id);
    const verdict = entry.mine ?? (store.queue.skipped.has(id) ? "skipped" : "none");
    Object.assign(cell.dataset, { verdict, marked: String(marked) });
    cell.setAttribute("aria-selected", String(marked));
    cell.toggleAttribute("aria-current", id === store.entry?.id);
    const brightness = entry.mag === null || entry.mag === undefined ? MISSING : `${(entry.filter ?? "").slice(-1)} ${fixed(entry.mag, 1)}`;
    const words = [brightness, entry.drb === null || entry.drb === undefined ? null : `drb ${fixed(entry.drb, 2)}`, entry.mine ? DONE[entry.mine] : null, (card?.saved ?? []).length || entry.saved ? "source" : null];
    cell.querySelector("small").textContent = words.filter(Boolean).join(" · ");
  }
}
