// The periodogram with its period, its peaks as a list, mouse and keys.
import { announcer, h, listenTo } from "../lib/dom.js";
import { choice } from "../lib/fields.js";
import { fixed, significant } from "../lib/format.js";
import { periodField } from "../lib/period_field.js";
import { tool } from "../lib/plot_tools.js";
import { tableOf } from "../lib/points_table.js";
import { savePicture } from "../lib/save.js";
import { keepSize, wheelFactor } from "../lib/stage.js";
import { onTheme } from "../lib/styles.js";
import { PeriodogramPlot } from "./plot.js";

const AXES = [{ name: "period", text: "period" }, { name: "frequency", text: "frequency" }];
const CLICK = 5; // pixels below which a drag is a click
const DIGITS = 7;
const PEAKS = ["", "period (d)", "frequency (1/d)", "power", "may be"];
const BANDS = ["band", "points", "amplitude (µJy)", "power", "false alarm"];

export class PeriodogramView {
  // options: onPeriod(period), onAxis(axis)
  constructor(container, options) {
    this.options = options;
    this.period = null;
    this.field = periodField({ span: () => this.plot.spectrum.span, chosen: (period) => this.#choose(period) });
    this.axis = choice("Axis of the periodogram", AXES, (axis) => options.onAxis(axis));
    this.canvas = h("canvas", { class: "skyhub-lc-canvas skyhub-lc-overlay", role: "img", tabindex: "0" });
    this.band = h("div", { class: "skyhub-lc-band", hidden: true });
    this.empty = h("p", { class: "skyhub-lc-empty" }, "No periodogram yet.");
    this.stage = h("div", { class: "skyhub-lc-stage" }, this.canvas, this.band, this.empty);
    this.said = h("p", { class: "skyhub-lc-said" });
    this.peaks = h("div", { class: "skyhub-lc-table skyhub-pg-peaks", tabindex: "-1" });
    this.bands = h("details", { class: "skyhub-lc-table skyhub-pg-bands" });
    this.live = announcer();
    const tools = h("div", { class: "skyhub-lc-tools" }, tool("reset", "Show all periods (double click)", () => this.#reset()),
      tool("PNG", "Save the picture", () => savePicture("periodogram.png", this.canvas)));
    this.root = h("div", { class: "skyhub-lc" }, h("div", { class: "skyhub-lc-row" }, this.axis, this.field.root, tools), this.stage, this.said, this.peaks, this.bands, this.live);
    container.append(this.root);
    this.plot = new PeriodogramPlot(this.canvas);
    this.close = keepSize(this, [onTheme(() => this.redraw()), this.#listen()]);
  }

  setData(spectrum) {
    this.plot.setData(spectrum);
    this.empty.hidden = !this.plot.isEmpty;
    this.field.root.hidden = this.plot.isEmpty;
    this.said.textContent = spectrum.said;
    const best = spectrum.peaks[0];
    this.canvas.setAttribute("aria-label", best ? `Periodogram: the highest of ${spectrum.peaks.length} peaks is at ${significant(best.period, DIGITS)} days` : "Periodogram, empty");
    this.#list();
    this.bands.hidden = spectrum.bands.length === 0;
    this.bands.replaceChildren(h("summary", {}, spectrum.bands.length === 1 ? "1 band" : `${spectrum.bands.length} bands`), tableOf(BANDS, spectrum.bands));
    this.redraw();
  }

  set({ period, xAxis, height }) {
    if (xAxis !== this.plot.xAxis) this.plot.view = null;
    this.period = period;
    this.plot.xAxis = xAxis;
    this.axis.value = xAxis;
    this.stage.style.height = `${height}px`;
    this.field.show(period);
    this.#list();
    this.redraw();
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.plot.draw(this.stage.clientWidth, this.stage.clientHeight, this.period);
    });
  }

  #choose(period) {
    this.live.textContent = `Period ${significant(period, DIGITS)} days`;
    this.options.onPeriod(period);
  }

  #reset() {
    this.plot.view = null;
    this.redraw();
  }

  #current() {
    const { peaks, span } = this.plot.spectrum;
    return peaks.findIndex(({ frequency }) => Math.abs(frequency - 1 / this.period) < 0.02 / span);
  }

  #list() {
    const { peaks } = this.plot.spectrum ?? { peaks: [] };
    const current = this.period ? this.#current() : -1;
    const cells = (peak, at) => {
      const button = h("button", { type: "button", title: "Fold with this period", on: { click: () => this.#choose(peak.period) } }, significant(peak.period, DIGITS));
      return [String(at + 1), button, significant(peak.frequency, DIGITS), fixed(peak.power, 3), peak.text];
    };
    this.peaks.replaceChildren(...(peaks.length ? [tableOf(PEAKS, peaks.map(cells))] : []));
    this.peaks.querySelectorAll("tbody tr")[current]?.setAttribute("aria-current", "true");
  }

  #listen() {
    const { canvas, plot } = this;
    let start = null;
    const place = (event) => event.clientX - canvas.getBoundingClientRect().left;
    const step = (by) => {
      const { peaks } = plot.spectrum;
      const next = peaks[Math.max(0, Math.min(peaks.length - 1, this.#current() + by))];
      if (next) this.#choose(next.period);
    };
    const zoom = (factor) => plot.zoom(factor, this.period ? plot.px(plot.placeOf(1 / this.period)) : plot.box.left + plot.box.width / 2);
    const keys = {
      ArrowRight: () => step(1),
      ArrowLeft: () => step(-1),
      "+": () => zoom(0.7),
      "=": () => zoom(0.7),
      "-": () => zoom(1 / 0.7),
      0: () => this.#reset(),
    };
    const listeners = {
      pointerdown: (event) => {
        if (event.button !== 0 || plot.isEmpty) return;
        start = place(event);
        canvas.setPointerCapture(event.pointerId);
      },
      pointermove: (event) => {
        if (start === null) return;
        const [left, right] = [start, place(event)].sort((a, b) => a - b);
        this.band.hidden = right - left < CLICK;
        Object.assign(this.band.style, { left: `${left}px`, width: `${right - left}px`, top: `${plot.box.top}px`, height: `${plot.box.height}px` });
      },
      pointerup: (event) => {
        if (start === null) return;
        const [left, right] = [start, place(event)].sort((a, b) => a - b);
        start = null;
        this.band.hidden = true;
        if (right - left >= CLICK) plot.zoomTo(left, right);
        else this.#click(right);
        this.redraw();
      },
      dblclick: () => this.#reset(),
      wheel: (event) => {
        if (plot.isEmpty) return;
        event.preventDefault();
        plot.zoom(wheelFactor(event), place(event));
        this.redraw();
      },
      keydown: (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key] || plot.isEmpty) return;
        event.preventDefault();
        event.stopPropagation();
        keys[event.key]();
        this.redraw();
      },
    };
    return listenTo(canvas, listeners, { passive: false });
  }

  // A click takes the marked peak that is near, else the period of the place.
  #click(px) {
    const { plot } = this;
    const near = plot.peakNear(px);
    const period = near >= 0 ? plot.spectrum.peaks[near].period : 1 / plot.frequencyAt(px);
    if (period > 0 && Number.isFinite(period)) this.#choose(period);
  }
}
