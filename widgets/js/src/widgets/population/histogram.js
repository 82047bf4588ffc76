// A histogram of one column with the rows that are chosen in front; a drag, or two fields, give a range.
import { h } from "../lib/dom.js";
import { boxOf, drawFrame, inkOf, sized } from "../lib/frame.js";
import { cssOf } from "./colours.js";
import { spanOf, ticksOf } from "./columns.js";

const BINS = 40;
const CLICK = 4; // pixels below which a drag is a click
const HEIGHT = 130;
const MARGIN = { left: 38, right: 8, top: 6, bottom: 34 };

export class Histogram {
  // host: ranged(name, [low, high] or null, final)
  constructor(column, host) {
    this.column = column;
    this.host = host;
    this.canvas = h("canvas", { role: "img", "aria-label": `Histogram of ${column.label}`, style: `height:${HEIGHT}px`, on: {
      pointerdown: (event) => this.#press(event), pointermove: (event) => this.#drag(event, false), pointerup: (event) => this.#drag(event, true),
      pointercancel: () => { this.start = null; },
    } });
    this.fields = ["from", "to"].map((which) => h("input", { type: "number", step: "any", "aria-label": `${column.label}, ${which}`, placeholder: which, on: { change: () => this.#typed() } }));
    this.root = h("div", { class: "skyhub-pop-place" }, this.canvas, column.names.length ? null : h("div", { class: "skyhub-pop-range" }, ...this.fields));
    this.#bin();
  }

  #bin() {
    const { column } = this;
    const names = column.names.length;
    this.span = spanOf(column);
    const [low, high] = [Math.min(...this.span), Math.max(...this.span)];
    this.n = names || BINS;
    this.low = low;
    this.width = (high - low) / this.n || 1;
    this.bins = new Int16Array(column.values.length).fill(-1);
    this.all = new Uint32Array(this.n);
    column.values.forEach((value, i) => {
      if (Number.isNaN(value)) return;
      this.bins[i] = Math.min(this.n - 1, Math.floor((value - low) / this.width));
      this.all[this.bins[i]] += 1;
    });
  }

  draw(chosen, range, colours) {
    const width = this.canvas.clientWidth;
    if (!width) return;
    const context = sized(this.canvas, width, HEIGHT);
    const box = boxOf(width, HEIGHT, MARGIN);
    const some = new Uint32Array(this.n);
    for (let i = 0; i < chosen.length; i += 1) if (chosen[i] && this.bins[i] >= 0) some[this.bins[i]] += 1;
    const most = Math.max(1, ...this.all);
    const [from, to] = this.span;
    this.px = (value) => box.left + ((value - from) / (to - from)) * box.width;
    this.back = (x) => from + ((Math.min(box.left + box.width, Math.max(box.left, x)) - box.left) / box.width) * (to - from);
    const py = (count) => box.top + box.height * (1 - count / (most * 1.05));
    for (const [counts, colour, alpha] of [[this.all, colours.faint, 0.5], [some, colours.strong, 0.95]]) {
      context.fillStyle = cssOf(colour);
      context.globalAlpha = alpha;
      counts.forEach((count, k) => {
        const [a, b] = [this.px(this.low + k * this.width), this.px(this.low + (k + 1) * this.width)];
        context.fillRect(Math.min(a, b), py(count), Math.max(1, Math.abs(b - a) - 1), box.top + box.height - py(count));
      });
    }
    context.globalAlpha = 1;
    if (range) this.#band(context, box, range, colours.strong);
    const plot = { context, box, ink: inkOf(this.canvas, false), px: this.px, py };
    const marks = most < 2 ? [0, 1] : [0, most];
    drawFrame(plot, { ticks: ticksOf(this.column, this.span, 4), title: this.column.label }, { ticks: marks.map((value) => ({ value, text: String(value) })), title: "" });
    this.fields.forEach((field, k) => { if (field !== field.getRootNode().activeElement) field.value = range?.[k] ?? ""; });
  }

  #band(context, box, [low, high], colour) {
    const { offset } = this.column;
    const ends = [low === null ? this.low : low - offset, high === null ? this.low + this.n * this.width : high - offset].map(this.px);
    context.fillStyle = cssOf(colour);
    context.globalAlpha = 0.14;
    context.fillRect(Math.min(...ends), box.top, Math.abs(ends[1] - ends[0]), box.height);
    context.globalAlpha = 1;
  }

  #at(event) {
    return event.clientX - this.canvas.getBoundingClientRect().left;
  }

  #press(event) {
    if (event.button !== 0) return;
    this.start = this.#at(event);
    this.canvas.setPointerCapture(event.pointerId);
  }

  #drag(event, final) {
    if (this.start === null || this.start === undefined) return;
    const [from, to] = [this.start, this.#at(event)];
    if (final) this.start = null;
    if (Math.abs(from - to) < CLICK) {
      if (final) this.host.ranged(this.column.name, null, true);
      return;
    }
    const ends = [from, to].map((x) => this.back(x) + this.column.offset).sort((a, b) => a - b);
    this.host.ranged(this.column.name, ends, final);
  }

  #typed() {
    const ends = this.fields.map((field) => (field.value === "" ? null : Number(field.value)));
    const wrong = ends[0] !== null && ends[1] !== null && ends[0] > ends[1];
    this.host.ranged(this.column.name, ends.every((end) => end === null) ? null : wrong ? ends.reverse() : ends, true);
  }
}
