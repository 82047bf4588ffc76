// The light curve with its tools, legend, hover card and table. Used by the LightCurve widget and by the scanner.
import { announcer, h } from "./dom.js";
import { nowMjd } from "./format.js";
import { sized } from "./frame.js";
import { drawLegend } from "./legend.js";
import { arraysFromLists, drawnOf, givenOf, GROUPS, summary } from "./photometry.js";
import { Plot } from "./plot.js";
import { attachInput } from "./plot_input.js";
import { fewTools } from "./plot_tools.js";
import { describe, pointsTable } from "./points_table.js";
import { keepSize, plotStage } from "./stage.js";
import { onTheme, traceMarker } from "./styles.js";

const DEFAULTS = {
  yAxis: "mag", xAxis: "mjd", t0: null, t0Name: null, redshift: null, distanceModulus: null, period: null, epoch: null, cycles: 2,
  lines: [], height: null, keyboard: true, groups: ["filter"], tools: fewTools,
};

export class LightCurveView {
  // options: those of DEFAULTS, styles, hidden {group: names}, onChange(options that the viewer changed), onHidden({group:
  // names}), onSelect(indices of given points); tools(view) makes {root, sync()}
  constructor(container, options = {}) {
    this.options = { ...DEFAULTS, ...options };
    this.keyboard = this.options.keyboard;
    this.mode = "zoom";
    this.hidden = Object.fromEntries(GROUPS.map((name) => [name, new Set(options.hidden?.[name])]));
    this.selected = [];
    this.hovered = -1;
    this.#build(container);
    this.plot = new Plot(this.canvas);
    this.close = keepSize(this, [attachInput(this.overlay, this.band, this), onTheme(() => this.#themed())]);
    this.setData(arraysFromLists(null));
  }

  #build(container) {
    Object.assign(this, plotStage("No photometry for this object yet.", this.keyboard ? "0" : null));
    if (this.options.height) this.stage.style.height = `${this.options.height}px`;
    this.legend = h("div", { class: "skyhub-lc-legend" });
    this.table = h("div", { class: "skyhub-lc-table", hidden: true });
    this.live = announcer();
    this.tools = this.options.tools(this);
    const bar = h("div", { class: "skyhub-lc-bar" }, this.legend, this.tools.root);
    this.root = h("div", { class: "skyhub-lc" }, bar, this.stage, this.table, this.live);
    container.append(this.root);
  }

  // What the viewer chooses: it is shown, and told
  choose(changes) {
    this.set(changes);
    this.options.onChange?.(changes);
  }

  chooseMode(mode) {
    this.mode = mode;
    this.redraw();
  }

  toggleTable() {
    this.table.hidden = !this.table.hidden;
    this.#fillTable();
    this.redraw();
  }

  hide(changes) {
    this.plot.view = null;
    this.set({ hidden: { ...this.hiddenNames(), ...changes } });
    this.options.onHidden?.(this.hiddenNames());
  }

  hiddenNames() {
    return Object.fromEntries(GROUPS.map((name) => [name, [...this.hidden[name]]]));
  }

  #themed() {
    drawLegend(this.legend, this);
    this.redraw();
  }

  // Changes options, `hidden` {group: names}, and `selected` (indices of given points)
  set(changes) {
    const { hidden, selected, ...options } = changes;
    const turned = options.yAxis && (options.yAxis === "flux") !== (this.options.yAxis === "flux");
    if (turned) this.plot.view = null;
    Object.assign(this.options, options);
    if (hidden) for (const name of GROUPS) this.hidden[name] = new Set(hidden[name]);
    if (selected) this.selected = drawnOf(this.plot.arrays, selected);
    if (options.height) this.stage.style.height = `${options.height}px`;
    if (hidden || options.styles || options.lines) drawLegend(this.legend, this);
    this.redraw();
  }

  // Of the same light curve as before, what is shown of it and what is selected stay.
  setData(arrays) {
    const same = arrays.key !== undefined && arrays.key === this.plot.arrays?.key;
    const given = same ? givenOf(this.plot.arrays, this.selected) : [];
    this.plot.setData(arrays, same);
    this.selected = drawnOf(arrays, given).filter((i) => i < arrays.n);
    this.hover(-1);
    drawLegend(this.legend, this);
    const { detections, limits } = summary(arrays);
    this.empty.hidden = arrays.n > 0;
    this.overlay.setAttribute("aria-label", `Light curve: ${detections} detections and ${limits} upper limits in ${arrays.filters.join(", ") || "no filter"}`);
    if (!this.table.hidden) this.#fillTable();
    this.draw();
  }

  reset() {
    this.plot.view = null;
    this.redraw();
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  // What was chosen and not drawn yet is drawn now
  settle() {
    if (this.frame) this.draw();
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const { clientWidth, clientHeight } = this.stage;
    const { plot, options } = this;
    const now = nowMjd();
    const t0 = options.t0 ?? plot.arrays.first ?? plot.arrays.sorted[0] ?? now;
    Object.assign(plot.options, options, { hidden: this.hidden, now, t0, epoch: options.epoch ?? t0 });
    this.tools.sync();
    plot.resize(clientWidth, clientHeight);
    plot.draw();
    this.#drawOverlay();
    if (this.hovered >= 0) this.#placeTip(this.hovered);
  }

  // The way of a lasso while it is drawn
  lasso(path) {
    this.path = path;
    this.#drawOverlay();
  }

  #drawOverlay() {
    const { plot, overlay } = this;
    const context = sized(overlay, plot.width, plot.height);
    if (!context || !plot.arrays?.n || !plot.full) return;
    context.strokeStyle = getComputedStyle(overlay).color;
    const ring = (i, radius) => {
      if (!plot.isVisible(i)) return;
      const { x, y } = plot.at(i);
      traceMarker(context, "circle", x, y, radius);
    };
    const outlined = (width, draw) => {
      context.lineWidth = width;
      context.beginPath();
      draw();
      context.stroke();
    };
    outlined(1, () => this.selected.forEach((i) => ring(i, 6)));
    if (this.hovered >= 0) outlined(2, () => ring(this.hovered, 7));
    if (this.path) outlined(1, () => this.path.forEach(({ x, y }) => context.lineTo(x, y)));
  }

  hover(index, announce = false) {
    if (index === this.hovered && !announce) return;
    this.hovered = index;
    if (index < 0) this.tip.hidden = true;
    if (index >= 0) this.#placeTip(index);
    if (index >= 0 && announce) this.live.textContent = describe(this.plot, index).join(", ");
    if (this.plot) this.#drawOverlay();
  }

  #placeTip(index) {
    const { plot, tip } = this;
    tip.hidden = !plot.isVisible(index);
    tip.replaceChildren(...describe(plot, index).map((line) => h("div", {}, line)));
    const { x, y } = plot.at(index);
    tip.style.left = `${Math.max(4, Math.min(x + 12, plot.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${y > tip.offsetHeight + 14 ? y - tip.offsetHeight - 10 : y + 14}px`;
  }

  select(indices) {
    this.selected = indices;
    this.live.textContent = `${indices.length} points selected`;
    this.#drawOverlay();
    this.options.onSelect?.(givenOf(this.plot.arrays, indices));
  }

  // Selects a point besides the others, or no longer
  toggle(index) {
    if (index < 0) return;
    this.select(this.selected.includes(index) ? this.selected.filter((i) => i !== index) : [...this.selected, index]);
  }

  #fillTable() {
    this.table.replaceChildren(...pointsTable(this.plot.arrays));
  }
}
