// The light curve with its tool bar, legend, tooltip and table. Used by the LightCurve widget and by the scanner.
import { announcer, h, svg } from "./dom.js";
import { fixed, MISSING, nowMjd, significant, utcOfMjd } from "./format.js";
import { arraysFromLists, LIMIT, summary } from "./photometry.js";
import { Plot } from "./plot.js";
import { attachInput } from "./plot_input.js";
import { isDark, markerPath, onTheme, styleOf, traceMarker } from "./styles.js";

const TABLE_ROWS = 500;

export class LightCurveView {
  // options: styles, yAxis, xAxis, reference, referenceName, height, keyboard, onSelect(indices), onAxes({yAxis, xAxis}), onHidden(names)
  constructor(container, options = {}) {
    this.options = { yAxis: "mag", xAxis: "mjd", reference: null, height: null, keyboard: true, ...options };
    this.keyboard = this.options.keyboard;
    this.mode = "zoom";
    this.hidden = new Set(options.hidden ?? []);
    this.selected = [];
    this.hovered = -1;
    this.#build(container);
    this.plot = new Plot(this.canvas);
    const ends = [attachInput(this.overlay, this.band, this), onTheme(() => this.#themed())];
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(this.stage);
    this.close = () => {
      this.observer.disconnect();
      for (const end of ends) end();
      if (this.frame) cancelAnimationFrame(this.frame);
      this.root.remove();
    };
    this.setData(arraysFromLists(null));
  }

  #build(container) {
    this.canvas = h("canvas", { class: "skyhub-lc-canvas", "aria-hidden": "true" });
    this.overlay = h("canvas", { class: "skyhub-lc-overlay", role: "img", tabindex: this.keyboard ? "0" : null });
    this.band = h("div", { class: "skyhub-lc-band", hidden: true });
    this.tip = h("div", { class: "skyhub-lc-tip", hidden: true });
    this.empty = h("p", { class: "skyhub-lc-empty" }, "No photometry for this object yet.");
    this.stage = h("div", { class: "skyhub-lc-stage" }, this.canvas, this.overlay, this.band, this.tip, this.empty);
    if (this.options.height) this.stage.style.height = `${this.options.height}px`;
    this.legend = h("div", { class: "skyhub-lc-legend", role: "group", "aria-label": "Filters shown" });
    this.buttons = this.#toolbar();
    this.table = h("div", { class: "skyhub-lc-table", hidden: true });
    this.live = announcer();
    const bar = h("div", { class: "skyhub-lc-bar" }, this.legend, h("div", { class: "skyhub-lc-tools" }, ...Object.values(this.buttons)));
    this.root = h("div", { class: "skyhub-lc" }, bar, this.stage, this.table, this.live);
    container.append(this.root);
  }

  #toolbar() {
    const tool = (name, label, click) => h("button", { type: "button", class: "skyhub-tool", title: label, on: { click } }, name);
    return {
      y: tool("flux", "Show flux or magnitude", () => this.#setAxes({ yAxis: this.options.yAxis === "mag" ? "flux" : "mag" })),
      x: tool("days", "Show days or MJD", () => this.#setAxes({ xAxis: this.options.xAxis === "mjd" ? "days" : "mjd" })),
      mode: tool("select", "Drag selects points instead of zooming (or hold Shift)", () => this.#toggleMode()),
      reset: tool("reset", "Show everything (double click)", () => this.reset()),
      table: tool("table", "The points as a table", () => this.#toggleTable()),
    };
  }

  #setAxes(axes) {
    if (axes.yAxis) this.plot.view = null;
    this.set(axes);
    this.options.onAxes?.({ yAxis: this.options.yAxis, xAxis: this.options.xAxis });
  }

  #toggleMode() {
    this.mode = this.mode === "zoom" ? "select" : "zoom";
    this.redraw();
  }

  #toggleTable() {
    this.table.hidden = !this.table.hidden;
    this.#fillTable();
  }

  #themed() {
    this.#drawLegend();
    this.redraw();
  }

  // Changes options: styles, yAxis, xAxis, reference, referenceName, hidden, selected, height
  set(changes) {
    if (changes.yAxis && changes.yAxis !== this.options.yAxis) this.plot.view = null;
    Object.assign(this.options, changes);
    if (changes.hidden) this.hidden = new Set(changes.hidden);
    if (changes.selected) this.selected = changes.selected;
    if (changes.height) this.stage.style.height = `${changes.height}px`;
    if (changes.hidden || changes.styles) this.#drawLegend();
    this.redraw();
  }

  setData(arrays) {
    this.plot.setData(arrays);
    this.selected = [];
    this.hover(-1);
    this.#drawLegend();
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
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    const { clientWidth, clientHeight } = this.stage;
    const { plot } = this;
    Object.assign(plot.options, {
      styles: this.options.styles, yAxis: this.options.yAxis, xAxis: this.options.xAxis, hidden: this.hidden,
      reference: this.options.reference ?? nowMjd(), referenceName: this.options.reference === null ? "now" : this.options.referenceName,
    });
    this.buttons.y.textContent = this.options.yAxis === "mag" ? "flux" : "mag";
    this.buttons.x.textContent = this.options.xAxis === "mjd" ? "days" : "MJD";
    this.buttons.mode.setAttribute("aria-pressed", String(this.mode === "select"));
    plot.resize(clientWidth, clientHeight);
    plot.draw();
    this.#drawOverlay();
  }

  #drawOverlay() {
    const ratio = globalThis.devicePixelRatio || 1;
    const { plot, overlay } = this;
    overlay.width = Math.max(1, Math.round(plot.width * ratio));
    overlay.height = Math.max(1, Math.round(plot.height * ratio));
    const context = overlay.getContext("2d");
    if (!context || !plot.arrays?.n || !plot.full) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.strokeStyle = getComputedStyle(overlay).color;
    const ring = (i, radius) => plot.isVisible(i) && traceMarker(context, "circle", plot.px(plot.arrays.mjd[i]), plot.py(plot.series.y[i]), radius);
    context.lineWidth = 1;
    context.beginPath();
    for (const i of this.selected) if (i < plot.arrays.n) ring(i, 6);
    context.stroke();
    if (this.hovered < 0) return;
    context.lineWidth = 2;
    context.beginPath();
    ring(this.hovered, 7);
    context.stroke();
  }

  hover(index, announce = false) {
    if (index === this.hovered && !announce) return;
    this.hovered = index;
    this.tip.hidden = index < 0;
    if (index >= 0) this.#placeTip(index);
    if (index >= 0 && announce) this.live.textContent = this.describe(index).join(", ");
    if (this.plot) this.#drawOverlay();
  }

  #placeTip(index) {
    const { plot, tip } = this;
    tip.replaceChildren(...this.describe(index).map((line) => h("div", {}, line)));
    const x = plot.px(plot.arrays.mjd[index]);
    const y = plot.py(plot.series.y[index]);
    tip.style.left = `${Math.max(4, Math.min(x + 12, plot.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${y > tip.offsetHeight + 14 ? y - tip.offsetHeight - 10 : y + 14}px`;
  }

  // Lines of the tooltip: filter and brightness, MJD, UT
  describe(i) {
    const { arrays } = this.plot;
    const filter = arrays.filters[arrays.filter[i]];
    const forced = /forced/.test(arrays.origins[arrays.origin[i]]) ? " (forced)" : "";
    return [`${filter} ${this.#brightness(i)}${forced}`, `MJD ${fixed(arrays.mjd[i], 5)}`, `${utcOfMjd(arrays.mjd[i])} UT`];
  }

  #brightness(i) {
    const { arrays } = this.plot;
    if (this.options.yAxis === "flux" && !Number.isNaN(arrays.flux[i])) {
      return `${significant(arrays.flux[i])} ± ${significant(arrays.fluxerr[i], 2)} µJy`;
    }
    if (arrays.magnitude.kind[i] === LIMIT) return `> ${fixed(arrays.limit[i], 2)}`;
    const error = Number.isNaN(arrays.magerr[i]) ? "" : ` ± ${fixed(arrays.magerr[i], 2)}`;
    return `${fixed(arrays.mag[i], 2)}${error}`;
  }

  #drawLegend() {
    const { filters } = this.plot.arrays;
    const dark = isDark(this.root);
    this.legend.replaceChildren(...filters.map((filter) => this.#legendButton(filter, dark)));
  }

  #legendButton(filter, dark) {
    const style = styleOf(this.options.styles, filter);
    const mark = svg("svg", { width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" },
      svg("path", { d: markerPath(style.marker, 4.4), fill: dark ? style.dark : style.colour }));
    const click = () => {
      if (!this.hidden.delete(filter)) this.hidden.add(filter);
      this.plot.view = null;
      this.#drawLegend();
      this.redraw();
      this.options.onHidden?.([...this.hidden]);
    };
    return h("button", { type: "button", class: "skyhub-legend-item", "aria-pressed": String(!this.hidden.has(filter)), title: `Show or hide ${filter}`, on: { click } }, mark, style.label);
  }

  select(indices) {
    this.selected = indices;
    this.live.textContent = `${indices.length} points selected`;
    this.#drawOverlay();
    this.options.onSelect?.(indices);
  }

  #fillTable() {
    const { arrays } = this.plot;
    const shown = Array.from(arrays.order.slice(Math.max(0, arrays.n - TABLE_ROWS))).reverse();
    const cells = (i) => {
      const limit = arrays.magnitude.kind[i] === LIMIT;
      return [
        fixed(arrays.mjd[i], 5), utcOfMjd(arrays.mjd[i]), arrays.filters[arrays.filter[i]], limit ? MISSING : fixed(arrays.mag[i], 3),
        limit ? MISSING : fixed(arrays.magerr[i], 3), fixed(arrays.limit[i], 2), arrays.origins[arrays.origin[i]],
      ];
    };
    const head = ["MJD", "UT", "filter", "mag", "error", "5σ limit", "origin"];
    const table = h("table", {}, h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, shown.map((i) => h("tr", {}, cells(i).map((cell) => h("td", {}, cell))))));
    const note = arrays.n > TABLE_ROWS ? h("p", {}, `The newest ${TABLE_ROWS} of ${arrays.n} points.`) : null;
    this.table.replaceChildren(...[note, table].filter(Boolean));
  }
}
