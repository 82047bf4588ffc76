// One view of a population: a scatter plot and histograms that show and choose the same rows.
import { announcer, h, hearModel } from "../lib/dom.js";
import { choice } from "../lib/fields.js";
import { boxOf, drawFrame, inkOf, sized } from "../lib/frame.js";
import { tool } from "../lib/plot_tools.js";
import { wheelFactor } from "../lib/stage.js";
import { onTheme } from "../lib/styles.js";
import { categoryColour, cssOf, gradientCss, rgbOf } from "./colours.js";
import { chosenRows, columnsOf, spanOf, textOf, ticksOf } from "./columns.js";
import { Histogram } from "./histogram.js";
import { drawScatter, nearestRow } from "./scatter.js";

const CLICK = 5; // pixels below which a drag is a click
const SHOWN = ["x", "y", "colour", "histograms", "ranges", "region", "title", "height"];

export class PopulationView {
  constructor(model, el) {
    this.model = model;
    this.mode = "box";
    this.zoomed = null;
    this.path = null;
    this.#build(el);
    const handlers = { "change:columns": () => this.#take(), "change:histograms": () => this.#rebuild() };
    for (const name of SHOWN) handlers[`change:${name}`] ??= () => this.#adopt(name);
    const unhear = hearModel(model, handlers);
    const observer = new ResizeObserver(() => this.redraw());
    observer.observe(this.root);
    const endTheme = onTheme(() => this.redraw());
    this.#take();
    this.close = () => {
      unhear();
      observer.disconnect();
      endTheme();
      if (this.frame) cancelAnimationFrame(this.frame);
      this.root.remove();
    };
  }

  #build(el) {
    this.canvas = h("canvas", { role: "img", tabindex: "0", on: {
      pointerdown: (event) => this.#press(event), pointermove: (event) => this.#move(event), pointerup: (event) => this.#release(event),
      pointercancel: () => this.#end(), pointerleave: () => { this.tip.hidden = true; }, dblclick: () => this.#zoomTo(null), wheel: (event) => this.#wheel(event),
      keydown: (event) => this.#key(event),
    } });
    this.tip = h("div", { class: "skyhub-lc-tip", hidden: true });
    this.bar = h("div", { class: "skyhub-pop-bar" });
    this.legend = h("div", { class: "skyhub-pop-legend" });
    this.count = h("span", { class: "skyhub-pop-count" });
    this.live = announcer();
    this.below = h("div", { class: "skyhub-pop-histograms" });
    const scatter = h("div", { class: "skyhub-pop-place skyhub-pop-scatter" }, this.canvas, this.tip, this.legend);
    this.root = h("figure", { class: "skyhub-pop" }, this.bar, h("div", { class: "skyhub-pop-plots" }, scatter, this.below), this.live);
    el.append(this.root);
  }

  #take() {
    this.columns = columnsOf(this.model.get("columns"));
    this.labels = this.model.get("labels").split("\n");
    this.n = this.columns.size ? this.columns.values().next().value.values.length : 0;
    this.zoomed = null;
    this.#tools();
    this.#rebuild();
  }

  #tools() {
    const numbers = [...this.columns.values()].map(({ name, title }) => ({ name, text: title }));
    const chosen = (trait) => (name) => this.#put({ [trait]: name });
    this.selects = {
      x: choice("Across", numbers, chosen("x")), y: choice("Up", numbers, chosen("y")),
      colour: choice("Colour", [{ name: "", text: "one colour" }, ...numbers], chosen("colour")),
    };
    const field = (label, select) => h("label", { class: "skyhub-field-inline" }, h("span", {}, label), select);
    this.lasso = tool("lasso", "Drag draws an outline instead of a box", () => {
      this.mode = this.mode === "box" ? "lasso" : "box";
      this.lasso.setAttribute("aria-pressed", String(this.mode === "lasso"));
    });
    const more = choice("Histogram of", [{ name: "", text: "histogram…" }, ...numbers], (name) => this.#toggleHistogram(name));
    more.addEventListener("change", () => { more.value = ""; });
    this.bar.replaceChildren(
      field("Across", this.selects.x), field("Up", this.selects.y), field("Colour", this.selects.colour), more, this.lasso,
      tool("everything", "Show the whole range (double click)", () => this.#zoomTo(null)), tool("choose all", "Forget ranges and outline (Esc)", () => this.#forget()), this.count,
    );
  }

  #toggleHistogram(name) {
    const shown = this.model.get("histograms");
    if (name) this.#put({ histograms: shown.includes(name) ? shown.filter((other) => other !== name) : [...shown, name].slice(-4) });
  }

  #rebuild() {
    this.histograms = this.model.get("histograms").filter((name) => this.columns.has(name)).map((name) => new Histogram(this.columns.get(name), this));
    this.below.replaceChildren(...this.histograms.map(({ root }) => root));
    this.#choose();
  }

  #adopt(name) {
    if (name === "x" || name === "y") this.zoomed = null;
    this.#choose();
  }

  #put(changes) {
    for (const [name, value] of Object.entries(changes)) this.model.set(name, value);
    this.model.save_changes();
  }

  // Live while a drag goes on; Python hears of its end.
  ranged(name, range, final) {
    const ranges = { ...this.model.get("ranges") };
    delete ranges[name];
    if (range) ranges[name] = range;
    if (final) this.#put({ ranges });
    this.#choose(ranges);
  }

  #forget() {
    this.#put({ ranges: {}, region: null });
    this.#choose();
  }

  #choose(ranges = this.model.get("ranges")) {
    const region = this.model.get("region");
    this.ranges = Object.fromEntries(Object.entries(ranges).filter(([name]) => this.columns.has(name)));
    this.chosen = chosenRows(this.columns, this.n, this.ranges, region && this.columns.has(region.x) && this.columns.has(region.y) ? region : null);
    this.total = this.chosen.reduce((sum, one) => sum + one, 0);
    this.redraw();
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      const begun = performance.now();
      this.#draw();
      this.root.dataset.drawnMs = (performance.now() - begun).toFixed(1);
      this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
    });
  }

  #draw() {
    const [x, y] = [this.columns.get(this.model.get("x")), this.columns.get(this.model.get("y"))];
    const colour = this.columns.get(this.model.get("colour"));
    for (const [name, select] of Object.entries(this.selects)) select.value = this.model.get(name);
    const style = getComputedStyle(this.root);
    const colours = { strong: rgbOf(style.getPropertyValue("--sw-accent").trim()), faint: rgbOf(style.getPropertyValue("--sw-muted").trim()) };
    this.count.textContent = `${this.total} of ${this.n} chosen`;
    this.canvas.style.height = `${this.model.get("height")}px`;
    if (x && y && this.canvas.clientWidth) this.#scatter(x, y, colour, colours);
    this.#explain(colour);
    for (const histogram of this.histograms) histogram.draw(this.chosen, this.ranges[histogram.column.name], colours);
    this.canvas.setAttribute("aria-label", `${this.model.get("title")}: ${y?.label ?? ""} against ${x?.label ?? ""}, ${this.total} of ${this.n} chosen. Drag chooses, Esc forgets, the wheel zooms.`);
  }

  #scatter(x, y, colour, colours) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const context = sized(this.canvas, width, height);
    const box = boxOf(width, height);
    const spans = this.zoomed ?? { x: spanOf(x), y: spanOf(y) };
    const px = (value) => box.left + ((value - spans.x[0]) / (spans.x[1] - spans.x[0])) * box.width;
    const py = (value) => box.top + box.height - ((value - spans.y[0]) / (spans.y[1] - spans.y[0])) * box.height;
    const toX = (at) => spans.x[0] + ((at - box.left) / box.width) * (spans.x[1] - spans.x[0]);
    const toY = (at) => spans.y[0] + ((box.top + box.height - at) / box.height) * (spans.y[1] - spans.y[0]);
    this.plot = { context, box, px, py, toX, toY, x, y, colour, spans, chosen: this.chosen, ...colours, ink: inkOf(this.canvas, false) };
    drawScatter(this.plot);
    drawFrame(this.plot, { ticks: ticksOf(x, spans.x, width / 90), title: x.label }, { ticks: ticksOf(y, spans.y, height / 45), title: y.label });
    this.#outline(colours.strong);
  }

  // The region, or what is being drawn
  #outline(colour) {
    const { context, px, py, x, y } = this.plot;
    const region = this.model.get("region");
    const kept = region?.x === x.name && region?.y === y.name ? region.outline.map(([a, b]) => ({ x: px(a - x.offset), y: py(b - y.offset) })) : [];
    const corners = this.path ? this.#corners() : kept;
    if (corners.length < 2) return;
    context.strokeStyle = cssOf(colour);
    context.lineWidth = 1.5;
    context.beginPath();
    corners.forEach((at, k) => (k ? context.lineTo(at.x, at.y) : context.moveTo(at.x, at.y)));
    context.closePath();
    context.stroke();
  }

  #corners() {
    if (this.mode === "lasso") return this.path;
    const [a, b] = [this.path[0], this.path.at(-1)];
    return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
  }

  #explain(colour) {
    if (!colour) {
      this.legend.replaceChildren();
    } else if (colour.names.length) {
      this.legend.replaceChildren(...colour.names.map((name, code) => {
        const swatch = h("i", { style: `background:${cssOf(categoryColour(code))}` });
        return h("span", {}, swatch, name);
      }));
    } else {
      const bar = h("i", { class: "skyhub-pop-gradient", style: `background:${gradientCss()}` });
      this.legend.replaceChildren(h("span", {}, `${colour.label}: ${textOf(colour, colour.low)}`, bar, textOf(colour, colour.high)));
    }
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #press(event) {
    if (event.button !== 0 || !this.plot) return;
    this.path = [this.#place(event)];
    this.tip.hidden = true;
    this.canvas.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (this.path) {
      this.path.push(this.#place(event));
      this.redraw();
    } else if (this.plot) {
      this.#hover(this.#place(event));
    }
  }

  #hover(place) {
    const row = nearestRow(this.plot, place);
    this.tip.hidden = row < 0;
    if (row < 0) return;
    const { x, y } = this.plot;
    this.tip.replaceChildren(h("div", {}, this.labels[row]), h("div", {}, `${x.title} ${textOf(x, x.values[row])}, ${y.title} ${textOf(y, y.values[row])}`));
    const right = place.x > this.canvas.clientWidth / 2;
    Object.assign(this.tip.style, { top: `${Math.max(0, place.y - 46)}px`, left: right ? "auto" : `${place.x + 10}px`, right: right ? `${this.canvas.clientWidth - place.x + 10}px` : "auto" });
  }

  #release(event) {
    if (!this.path) return;
    this.path.push(this.#place(event));
    const [first, moved] = [this.path[0], this.path.some(({ x, y }) => Math.abs(x - this.path[0].x) > CLICK || Math.abs(y - this.path[0].y) > CLICK)];
    const corners = this.#corners();
    this.#end();
    if (moved) {
      const { x, y, toX, toY } = this.plot;
      this.#put({ region: { x: x.name, y: y.name, outline: corners.map((at) => [toX(at.x) + x.offset, toY(at.y) + y.offset]) } });
      this.#choose();
      this.live.textContent = `${this.total} of ${this.n} chosen`;
    } else {
      const row = nearestRow(this.plot, first);
      if (row >= 0) this.model.send({ type: "clicked", label: this.labels[row] });
      else if (this.model.get("region")) this.#put({ region: null });
      this.#choose();
    }
  }

  #end() {
    this.path = null;
    this.redraw();
  }

  #zoomTo(spans) {
    this.zoomed = spans;
    this.redraw();
  }

  #wheel(event) {
    if (!this.plot) return;
    event.preventDefault();
    const { x, y } = this.#place(event);
    const factor = wheelFactor(event);
    const about = (span, centre) => span.map((end) => centre + (end - centre) * factor);
    const { spans, toX, toY } = this.plot;
    this.#zoomTo({ x: about(spans.x, toX(x)), y: about(spans.y, toY(y)) });
  }

  #key(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.#forget();
    this.live.textContent = "Everything is chosen";
  }
}
