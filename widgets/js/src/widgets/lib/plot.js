// A light curve on a canvas: ranges, axes, points. Input and legend are elsewhere (plot_input.js, plot_view.js).
import { fixed } from "./format.js";
import { DETECTION, LIMIT, NONE, lowerBound } from "./photometry.js";
import { padded, ticks } from "./scales.js";
import { isDark, styleOf, traceMarker } from "./styles.js";

const MARGIN = { left: 52, right: 10, top: 8, bottom: 34 };
const DENSE = 4000; // visible points above which markers become squares without error bars
const MAX_ERROR_MAG = 2;

export class Plot {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.options = { yAxis: "mag", xAxis: "mjd", reference: null, styles: null, hidden: new Set() };
    this.view = null;
    this.arrays = null;
    this.width = 0;
    this.height = 0;
  }

  setData(arrays) {
    this.arrays = arrays;
    this.view = null;
    this.fullKey = null;
  }

  get series() {
    return this.options.yAxis === "mag" ? this.arrays.magnitude : this.arrays.fluxes;
  }

  resize(width, height) {
    const ratio = globalThis.devicePixelRatio || 1;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  isVisible(i) {
    return this.series.kind[i] !== NONE && !this.options.hidden.has(this.arrays.filters[this.arrays.filter[i]]);
  }

  // The full range, computed anew only when the data, the axis or the filters shown have changed
  #findFull() {
    const key = `${this.options.yAxis} ${[...this.options.hidden].sort()}`;
    if (key === this.fullKey) return;
    this.fullKey = key;
    this.full = this.fullView();
  }

  // The range that shows every visible point: {x0, x1, y0, y1} with y0 at the bottom of the plot
  fullView() {
    const { y, error, kind } = this.series;
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    const shown = this.#shownCodes();
    for (let i = 0; i < this.arrays.n; i += 1) {
      if (kind[i] === NONE || !shown[this.arrays.filter[i]]) continue;
      const margin = kind[i] === DETECTION && error[i] > 0 ? Math.min(error[i], this.#errorCap(y[i])) : 0;
      x0 = Math.min(x0, this.arrays.mjd[i]);
      x1 = Math.max(x1, this.arrays.mjd[i]);
      y0 = Math.min(y0, y[i] - margin);
      y1 = Math.max(y1, y[i] + margin);
    }
    const magnitudes = this.options.yAxis === "mag";
    [x0, x1] = padded(x0, x1, 0.04, 0.02);
    [y0, y1] = padded(y0, y1, 0.07, magnitudes ? 0.6 : 1);
    return magnitudes ? { x0, x1, y0: y1, y1: y0 } : { x0, x1, y0, y1 };
  }

  #shownCodes() {
    return Uint8Array.from(this.arrays.filters, (name) => (this.options.hidden.has(name) ? 0 : 1));
  }

  #errorCap(y) {
    return this.options.yAxis === "mag" ? MAX_ERROR_MAG : Math.abs(y) * 3 + 10;
  }

  get box() {
    return {
      left: MARGIN.left,
      top: MARGIN.top,
      width: Math.max(10, this.width - MARGIN.left - MARGIN.right),
      height: Math.max(10, this.height - MARGIN.top - MARGIN.bottom),
    };
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

  px(mjd) {
    return this.xScale * mjd + this.xZero;
  }

  py(y) {
    return this.yScale * y + this.yZero;
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
    this.#findFull();
    this.#scale();
    const style = getComputedStyle(this.canvas);
    this.ink = { text: style.color, line: style.borderTopColor, font: `11px ${style.fontFamily}`, dark: isDark(this.canvas) };
    this.#axes();
    context.save();
    context.beginPath();
    context.rect(this.box.left, this.box.top, this.box.width, this.box.height);
    context.clip();
    this.#points();
    context.restore();
  }

  #axes() {
    const { context, box, ink } = this;
    const { x0, x1, y0, y1 } = this.range;
    context.font = ink.font;
    context.lineWidth = 1;
    context.strokeStyle = ink.line;
    context.fillStyle = ink.text;
    context.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
    this.#xTicks(x0, x1);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const { value, text } of ticks(y0, y1, Math.max(2, box.height / 42))) {
      const y = Math.round(this.py(value)) + 0.5;
      this.#gridLine(box.left, y, box.left + box.width, y);
      context.fillText(text, box.left - 6, y);
    }
    this.#yTitle();
  }

  #yTitle() {
    const { context, box } = this;
    context.save();
    context.translate(11, box.top + box.height / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillText(this.options.yAxis === "mag" ? "AB magnitude" : "flux (µJy)", 0, 0);
    context.restore();
  }

  // Days are counted back from now ("days ago"), or from a given time: before it negative, after it positive.
  #xTicks(x0, x1) {
    const { context, box } = this;
    const { xAxis, reference, referenceName } = this.options;
    const days = xAxis === "days";
    const [zero, sign] = days ? [reference, referenceName === "now" ? -1 : 1] : [0, 1];
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const { value, text } of ticks((x0 - zero) * sign, (x1 - zero) * sign, box.width / 85)) {
      const x = Math.round(this.px(zero + sign * value)) + 0.5;
      this.#gridLine(x, box.top, x, box.top + box.height);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(x, this.width - half - 1), box.top + box.height + 5);
    }
    const from = referenceName ?? `MJD ${fixed(reference, 2)}`;
    const title = !days ? "MJD (UTC)" : sign < 0 ? "days ago" : `days from ${from}`;
    context.fillText(title, box.left + box.width / 2, box.top + box.height + 19);
  }

  #gridLine(ax, ay, bx, by) {
    const { context } = this;
    context.globalAlpha = 0.35;
    context.beginPath();
    context.moveTo(ax, ay);
    context.lineTo(bx, by);
    context.stroke();
    context.globalAlpha = 1;
  }

  // Indices of the visible points by filter, and how many they are
  #visible() {
    const { arrays } = this;
    const { kind } = this.series;
    const shown = this.#shownCodes();
    const { x0, x1 } = this.range;
    const groups = arrays.filters.map(() => []);
    const end = lowerBound(arrays.sorted, x1 + 1e-9);
    for (let k = lowerBound(arrays.sorted, x0); k < end; k += 1) {
      const i = arrays.order[k];
      if (kind[i] !== NONE && shown[arrays.filter[i]]) groups[arrays.filter[i]].push(i);
    }
    return { groups, count: groups.reduce((sum, group) => sum + group.length, 0) };
  }

  #points() {
    const { groups, count } = this.#visible();
    groups.forEach((group, code) => {
      const style = styleOf(this.options.styles, this.arrays.filters[code]);
      const colour = this.ink.dark ? style.dark : style.colour;
      if (count > DENSE) this.#dense(group, colour);
      else this.#markers(group, style.marker, colour, count > 600 ? 2.6 : 4);
    });
  }

  // One square of two pixels for each cell of the screen that holds a point
  #dense(group, colour) {
    const { context, arrays, height, xScale, xZero, yScale, yZero } = this;
    const { y: values } = this.series;
    const columns = Math.ceil(this.width / 2) + 1;
    const taken = new Uint8Array(columns * (Math.ceil(height / 2) + 1));
    context.fillStyle = colour;
    for (const i of group) {
      const x = (xScale * arrays.mjd[i] + xZero) >> 1;
      const y = (yScale * values[i] + yZero) >> 1;
      const cell = y * columns + x;
      if (y < 0 || 2 * y >= height || taken[cell]) continue;
      taken[cell] = 1;
      context.fillRect(2 * x, 2 * y, 2, 2);
    }
  }

  #markers(group, marker, colour, radius) {
    const { context } = this;
    context.strokeStyle = colour;
    context.fillStyle = colour;
    this.#errorBars(group);
    const paths = { full: new Path2D(), open: new Path2D() };
    for (const i of group) this.#trace(paths, i, marker, radius);
    context.lineWidth = 1;
    context.fill(paths.full);
    context.lineWidth = 1.4;
    context.stroke(paths.open);
  }

  // Alert detections are full, forced photometry and limits are open.
  #trace(paths, i, marker, radius) {
    const { arrays, series } = this;
    const x = this.px(arrays.mjd[i]);
    const y = this.py(series.y[i]);
    if (series.kind[i] === LIMIT) traceMarker(paths.open, "limit", x, y, radius * 0.95);
    else traceMarker(/forced/.test(arrays.origins[arrays.origin[i]]) ? paths.open : paths.full, marker, x, y, radius);
  }

  #errorBars(group) {
    const { context, series } = this;
    context.lineWidth = 1;
    context.beginPath();
    for (const i of group) {
      const error = series.error[i];
      if (series.kind[i] !== DETECTION || !(error > 0)) continue;
      const x = Math.round(this.px(this.arrays.mjd[i])) + 0.5;
      context.moveTo(x, this.py(series.y[i] - error));
      context.lineTo(x, this.py(series.y[i] + error));
    }
    context.stroke();
  }

  // The visible point nearest to a place on the canvas, within `reach` pixels, or -1
  nearest(px, py, reach = 12) {
    const { arrays, series } = this;
    if (!arrays || arrays.n === 0 || !this.full) return -1;
    let [best, found] = [reach * reach, -1];
    const end = lowerBound(arrays.sorted, this.toData(px + reach, 0).x);
    for (let k = lowerBound(arrays.sorted, this.toData(px - reach, 0).x); k < end; k += 1) {
      const i = arrays.order[k];
      const distance = (this.px(arrays.mjd[i]) - px) ** 2 + (this.py(series.y[i]) - py) ** 2;
      if (distance <= best && this.isVisible(i)) [best, found] = [distance, i];
    }
    return found;
  }

  // Indices of the visible points inside a rectangle of the canvas, in time order
  inside(rectangle) {
    const { arrays, series } = this;
    const end = lowerBound(arrays.sorted, this.toData(rectangle.right, 0).x);
    const found = [];
    for (let k = lowerBound(arrays.sorted, this.toData(rectangle.left, 0).x); k < end; k += 1) {
      const i = arrays.order[k];
      const y = this.py(series.y[i]);
      if (y >= rectangle.top && y <= rectangle.bottom && this.isVisible(i)) found.push(i);
    }
    return found;
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
}
