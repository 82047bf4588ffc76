// A light curve on a canvas: ranges, axes, where points are. What is drawn there is in plot_points.js, input and legend in
// plot_input.js and plot_view.js.
import { boxOf, clipped, drawFrame, inkOf, sized } from "./frame.js";
import { DETECTION, GROUPS, NONE, lowerBound } from "./photometry.js";
import { drawLines, drawPoints } from "./plot_points.js";
import { padded, ticks } from "./scales.js";
import { isDark } from "./styles.js";
import { placesOf, timeAxis } from "./time_axis.js";

const MAX_ERROR_MAG = 2;
const Y_TITLES = { mag: "AB magnitude", flux: "flux (µJy)", absmag: "absolute AB magnitude" };
export const NOTHING_HIDDEN = Object.fromEntries(GROUPS.map((name) => [name, new Set()]));

export class Plot {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.options = { yAxis: "mag", xAxis: "mjd", styles: null, hidden: NOTHING_HIDDEN };
    this.view = null;
    this.arrays = null;
    this.width = 0;
    this.height = 0;
    this.px = (x) => this.xScale * x + this.xZero;
    this.py = (y) => this.yScale * y + this.yZero;
  }

  setData(arrays, keepsView = false) {
    this.arrays = arrays;
    if (!keepsView) this.view = null;
    this.fullKey = null;
    this.placesKey = null;
  }

  get series() {
    return this.options.yAxis === "flux" ? this.arrays.fluxes : this.arrays.magnitude;
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    this.context = sized(this.canvas, width, height);
  }

  isVisible(i) {
    const { arrays, options } = this;
    return this.series.kind[i] !== NONE && GROUPS.every((name) => !options.hidden[name].has(arrays[`${name}s`][arrays[name][i]]));
  }

  // By group, whether each of its names is shown
  #shown() {
    return GROUPS.map((name) => Uint8Array.from(this.arrays[`${name}s`], (one) => (this.options.hidden[name].has(one) ? 0 : 1)));
  }

  // Places along the time axis, and the full range: found anew only when what they depend on has changed
  #prepare() {
    this.axis = timeAxis(this.options);
    const placesKey = this.axis.folded ? this.axis.key : "straight";
    if (placesKey !== this.placesKey) {
      if (this.placesKey && this.isFolded !== this.axis.folded) this.view = null;
      this.places = placesOf(this.arrays, this.axis);
      this.isFolded = this.axis.folded;
      this.placesKey = placesKey;
      this.fullKey = null;
    }
    const key = `${this.options.yAxis === "flux"} ${GROUPS.map((name) => [...this.options.hidden[name]].sort())}`;
    if (key === this.fullKey) return;
    this.fullKey = key;
    this.full = this.fullView();
  }

  // The range that shows every visible point: {x0, x1, y0, y1} with y0 at the bottom of the plot
  fullView() {
    const { y, error, kind } = this.series;
    const { mjd, n, filter, instrument, origin } = this.arrays;
    const [filters, instruments, origins] = this.#shown();
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < n; i += 1) {
      if (kind[i] === NONE || !filters[filter[i]] || !instruments[instrument[i]] || !origins[origin[i]]) continue;
      const margin = kind[i] === DETECTION && error[i] > 0 ? Math.min(error[i], this.#errorCap(y[i])) : 0;
      x0 = Math.min(x0, mjd[i]);
      x1 = Math.max(x1, mjd[i]);
      y0 = Math.min(y0, y[i] - margin);
      y1 = Math.max(y1, y[i] + margin);
    }
    const magnitudes = this.options.yAxis !== "flux";
    [x0, x1] = this.axis.folded ? [0, this.axis.cycles] : padded(x0, x1, 0.04, 0.02);
    [y0, y1] = padded(y0, y1, 0.07, magnitudes ? 0.6 : 1);
    return magnitudes ? { x0, x1, y0: y1, y1: y0 } : { x0, x1, y0, y1 };
  }

  #errorCap(y) {
    return this.options.yAxis === "flux" ? Math.abs(y) * 3 + 10 : MAX_ERROR_MAG;
  }

  get box() {
    return boxOf(this.width, this.height);
  }

  get range() {
    return this.view ?? this.full;
  }

  // Pixels are linear in time and brightness: x = xScale · mjd + xZero
  #scale() {
    const { x0, x1, y0, y1 } = this.range;
    const { left, top, width, height } = this.box;
    this.xScale = width / (x1 - x0);
    this.xZero = left - x0 * this.xScale;
    this.yScale = -height / (y1 - y0);
    this.yZero = top - y1 * this.yScale;
  }

  toData(px, py) {
    const { x0, x1, y0, y1 } = this.range;
    const { left, top, width, height } = this.box;
    return { x: x0 + ((px - left) / width) * (x1 - x0), y: y1 - ((py - top) / height) * (y1 - y0) };
  }

  draw() {
    const { context, width, height } = this;
    context.clearRect(0, 0, width, height);
    if (!this.arrays || this.arrays.n === 0 || width < 40) return;
    this.#prepare();
    this.#scale();
    this.ink = inkOf(this.canvas, isDark(this.canvas));
    this.#axes();
    clipped(this, () => {
      drawPoints(this, this.#visible());
      drawLines(this);
    });
  }

  #axes() {
    const { x0, x1, y0, y1 } = this.range;
    const { yAxis, distanceModulus } = this.options;
    const shift = yAxis === "absmag" ? distanceModulus : 0;
    const marks = ticks(y0 - shift, y1 - shift, Math.max(2, this.box.height / 42));
    drawFrame(
      this,
      { ticks: this.axis.ticks(x0, x1, this.box.width / 85), title: this.axis.title },
      { ticks: marks.map(({ value, text }) => ({ value: value + shift, text })), title: Y_TITLES[yAxis] },
    );
  }

  // By filter, the places of the visible points
  #visible() {
    const { arrays, places } = this;
    const { kind } = this.series;
    const { x0, x1 } = this.range;
    const [filters, instruments, origins] = this.#shown();
    const groups = arrays.filters.map(() => []);
    const end = lowerBound(places.x, x1 + 1e-9);
    for (let k = lowerBound(places.x, x0); k < end; k += 1) {
      const i = places.point[k];
      const shown = filters[arrays.filter[i]] && instruments[arrays.instrument[i]] && origins[arrays.origin[i]];
      if (kind[i] !== NONE && shown) groups[arrays.filter[i]].push(k);
    }
    return groups;
  }

  // Where a point is on the canvas; folded, in the first cycle
  at(i) {
    const x = this.axis.folded ? this.axis.phase(this.arrays.mjd[i]) : this.arrays.mjd[i];
    return { x: this.px(x), y: this.py(this.series.y[i]) };
  }

  // Calls back with (point, x, y) for the visible points between two x of the canvas
  #between(left, right, callback) {
    const { arrays, places, series } = this;
    if (!arrays?.n || !this.full) return;
    const end = lowerBound(places.x, this.toData(right, 0).x);
    for (let k = lowerBound(places.x, this.toData(left, 0).x); k < end; k += 1) {
      const i = places.point[k];
      if (this.isVisible(i)) callback(i, this.px(places.x[k]), this.py(series.y[i]));
    }
  }

  // The visible point nearest to a place on the canvas, within `reach` pixels, or -1
  nearest(px, py, reach = 12) {
    let [best, found] = [reach * reach, -1];
    this.#between(px - reach, px + reach, (i, x, y) => {
      const distance = (x - px) ** 2 + (y - py) ** 2;
      if (distance <= best) [best, found] = [distance, i];
    });
    return found;
  }

  // The visible points within two x of the canvas whose place passes a test, each once, along the axis
  inside(left, right, test) {
    const found = new Set();
    this.#between(left, right, (i, x, y) => test(x, y) && found.add(i));
    return [...found];
  }

  zoomTo(rectangle) {
    const a = this.toData(rectangle.left, rectangle.bottom);
    const b = this.toData(rectangle.right, rectangle.top);
    this.view = { x0: a.x, x1: b.x, y0: a.y, y1: b.y };
  }

  // Zooms about a place of the canvas; factor < 1 goes in. `both` also zooms the y axis.
  zoom(factor, px, py, both) {
    const { x0, x1, y0, y1 } = this.range;
    const { x, y } = this.toData(px, py);
    const span = (x1 - x0) * factor;
    const widest = (this.full.x1 - this.full.x0) * 4;
    if (span < 1e-4 || span > widest) return;
    const scaled = (value, centre) => centre + (value - centre) * factor;
    const vertical = both ? { y0: scaled(y0, y), y1: scaled(y1, y) } : { y0, y1 };
    this.view = { x0: scaled(x0, x), x1: scaled(x1, x), ...vertical };
  }

  // Moves what is shown by a part of its width
  pan(part) {
    const { x0, x1, y0, y1 } = this.range;
    const by = (x1 - x0) * part;
    this.view = { x0: x0 + by, x1: x1 + by, y0, y1 };
  }
}
