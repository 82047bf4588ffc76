// Spectra on a canvas: ranges, axes, curves, lines, the region that is measured. Input and tools are elsewhere.
import { clipped, gridLine, yTitle } from "./frame.js";
import { ticks } from "./scales.js";
import { isDark } from "./styles.js";

const MARGIN = { left: 58, right: 12, top: 8, bottom: 36 };
const LIGHT_SPEED = 299792.458; // km/s
const COLOURS = [
  ["#0072b2", "#56b4e9"], ["#c34f00", "#f0853a"], ["#00785a", "#2bc79b"], ["#8a3f83", "#d996c4"],
  ["#94690a", "#e6b83c"], ["#5b4ab0", "#a99af0"], ["#00707f", "#4fc6d6"], ["#4d4d4d", "#c4c4c4"],
];
const GRID_OPACITY = 0.3;
const LABEL_GAP = 11; // pixels between the labels of lines
const TRIMMED = 0.002; // part of the fluxes that may leave the range on either side, as cosmic rays do

export const dopplerFactor = (velocity) => Math.sqrt((1 + velocity / LIGHT_SPEED) / (1 - velocity / LIGHT_SPEED));

export function colourOf(index, dark) {
  return COLOURS[index % COLOURS.length][dark ? 1 : 0];
}

export class SpectrumPlot {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.curves = [];
    this.view = null; // [from, to] in Å, or null for all
    this.width = 0;
    this.height = 0;
    this.options = { frame: "observed", redshift: 0, offset: 1, hidden: new Set(), lines: [], region: [], showErrors: false, velocity: 0, medium: "air" };
  }

  resize(width, height) {
    const ratio = globalThis.devicePixelRatio || 1;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  get box() {
    return {
      left: MARGIN.left, top: MARGIN.top,
      width: Math.max(10, this.width - MARGIN.left - MARGIN.right), height: Math.max(10, this.height - MARGIN.top - MARGIN.bottom),
    };
  }

  // The curves that are shown, each with its factor to the frame and its place above the others; what lies over one shares it
  get shown() {
    const { frame, redshift, offset, hidden } = this.options;
    const curves = this.curves.filter((curve) => !hidden.has(curve.label) && !hidden.has(curve.over));
    const spectra = curves.filter((curve) => !curve.over).map((curve) => curve.label);
    return curves.map((curve) => ({
      curve,
      factor: curve.frame === frame ? 1 : frame === "rest" ? 1 / (1 + redshift) : 1 + redshift,
      base: (spectra.length - 1 - spectra.indexOf(curve.over || curve.label)) * offset,
    }));
  }

  get full() {
    let [low, high] = [Infinity, -Infinity];
    for (const { curve, factor } of this.shown) {
      low = Math.min(low, curve.wavelengths[0] * factor);
      high = Math.max(high, curve.wavelengths[curve.n - 1] * factor);
    }
    if (!(low < high)) return [3000, 10000];
    const margin = (high - low) * 0.015;
    return [low - margin, high + margin];
  }

  get xRange() {
    return this.view ?? this.full;
  }

  #yRange() {
    const [x0, x1] = this.xRange;
    let [low, high] = [Infinity, -Infinity];
    for (const { curve, factor, base } of this.shown) {
      const inside = [];
      for (let i = 0; i < curve.n; i += 1) {
        const x = curve.wavelengths[i] * factor;
        if (x >= x0 && x <= x1 && Number.isFinite(curve.fluxes[i])) inside.push(curve.fluxes[i]);
      }
      if (!inside.length) continue;
      inside.sort((a, b) => a - b);
      const cut = Math.floor(inside.length * TRIMMED);
      low = Math.min(low, inside[cut] + base);
      high = Math.max(high, inside[inside.length - 1 - cut] + base);
    }
    if (!(low <= high)) return [0, 1];
    const margin = (high - low || Math.abs(high) || 1) * 0.08;
    return [low - margin, high + margin * (this.options.lines.length ? 2.2 : 1)];
  }

  px(x) {
    const [x0, x1] = this.xRange;
    return this.box.left + ((x - x0) / (x1 - x0)) * this.box.width;
  }

  py(y) {
    const [y0, y1] = this.yShown;
    return this.box.top + ((y1 - y) / (y1 - y0)) * this.box.height;
  }

  toWavelength(px) {
    const [x0, x1] = this.xRange;
    return x0 + ((px - this.box.left) / this.box.width) * (x1 - x0);
  }

  draw() {
    const { context } = this;
    context.clearRect(0, 0, this.width, this.height);
    if (this.width < 40) return;
    const style = getComputedStyle(this.canvas);
    this.ink = { text: style.color, line: style.borderTopColor, font: style.fontFamily, dark: isDark(this.canvas) };
    this.yShown = this.#yRange();
    this.#axes();
    clipped(this, () => {
      this.#region();
      this.#lines();
      this.shown.forEach((entry) => this.#curve(entry));
    });
  }

  #axes() {
    const { context, box, ink } = this;
    context.font = `11px ${ink.font}`;
    context.lineWidth = 1;
    context.strokeStyle = ink.line;
    context.fillStyle = ink.text;
    context.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const { value, text } of ticks(...this.xRange, box.width / 90)) {
      const x = Math.round(this.px(value)) + 0.5;
      gridLine(context, x, box.top, x, box.top + box.height, GRID_OPACITY);
      context.fillText(text, x, box.top + box.height + 5);
    }
    context.fillText(`wavelength (Å, ${this.options.frame}, ${this.options.medium})`, box.left + box.width / 2, box.top + box.height + 20);
    context.textAlign = "right";
    context.textBaseline = "middle";
    const scale = this.#exponent();
    for (const { value, text } of ticks(this.yShown[0] / scale.factor, this.yShown[1] / scale.factor, Math.max(2, box.height / 48))) {
      const y = Math.round(this.py(value * scale.factor)) + 0.5;
      gridLine(context, box.left, y, box.left + box.width, y, GRID_OPACITY);
      context.fillText(text, box.left - 6, y);
    }
    yTitle(this, `${this.options.fluxTitle ?? "flux"}${scale.text}`);
  }

  // Ticks of fluxes like 1e-16 are written without their power of ten
  #exponent() {
    const size = Math.max(...this.yShown.map(Math.abs));
    const power = Math.floor(Math.log10(size));
    return Math.abs(power) < 4 || !Number.isFinite(power) ? { factor: 1, text: "" } : { factor: 10 ** power, text: ` × 1e${power}` };
  }

  // Each column of pixels gets at most four vertices: first, least, greatest, last
  #curve({ curve, factor, base }) {
    const { context, ink } = this;
    const colour = colourOf(curve.colour, ink.dark);
    if (this.options.showErrors && curve.errors.length) this.#errors(curve, factor, base, colour);
    context.strokeStyle = colour;
    context.lineWidth = 1.2;
    context.setLineDash(curve.type === "source" ? [] : [5, 3]);
    context.beginPath();
    let [column, low, high, last] = [NaN, 0, 0, 0];
    const flush = (x) => {
      if (Number.isNaN(column)) return;
      context.lineTo(x, low);
      context.lineTo(x, high);
      context.lineTo(x, last);
    };
    for (let i = 0; i < curve.n; i += 1) {
      const x = this.px(curve.wavelengths[i] * factor);
      const y = this.py(curve.fluxes[i] + base);
      if (x < this.box.left - 40 || x > this.box.left + this.box.width + 40 || Number.isNaN(y)) continue;
      if (Math.round(x) === column) {
        [low, high, last] = [Math.max(low, y), Math.min(high, y), y];
        continue;
      }
      flush(column);
      column = Math.round(x);
      [low, high, last] = [y, y, y];
    }
    flush(column);
    context.stroke();
    context.setLineDash([]);
  }

  #errors(curve, factor, base, colour) {
    const { context } = this;
    context.fillStyle = colour;
    context.globalAlpha = 0.2;
    for (let i = 0; i < curve.n - 1; i += 1) {
      const x = this.px(curve.wavelengths[i] * factor);
      if (x < this.box.left || x > this.box.left + this.box.width || !(curve.errors[i] > 0)) continue;
      const top = this.py(curve.fluxes[i] + curve.errors[i] + base);
      const width = Math.max(0.5, this.px(curve.wavelengths[i + 1] * factor) - x);
      context.fillRect(x, top, width, this.py(curve.fluxes[i] - curve.errors[i] + base) - top);
    }
    context.globalAlpha = 1;
  }

  // Where a line is seen: {from, to} in Å of the frame that is shown
  place(list, line) {
    const { frame, redshift, velocity, medium } = this.options;
    const [rest, end] = medium === "vacuum" ? [line.vacuum, line.vacuum_end] : [line.air, line.air_end];
    const stretch = list.moves ? dopplerFactor(-velocity) * (frame === "rest" ? 1 : 1 + redshift) : frame === "rest" ? 1 / (1 + redshift) : 1;
    return { from: rest * stretch, to: (end ?? rest) * stretch };
  }

  #lines() {
    const { context, box, ink } = this;
    const labels = [];
    context.lineWidth = 1;
    for (const list of this.options.lines) {
      const colour = ink.dark ? list.dark : list.colour;
      for (const line of list.lines) {
        const { from, to } = this.place(list, line);
        const [x, end] = [this.px(from), this.px(to)];
        if (end < box.left || x > box.left + box.width) continue;
        if (to > from) {
          context.globalAlpha = 0.16;
          context.fillStyle = colour;
          context.fillRect(x, box.top, end - x, box.height);
          context.globalAlpha = 1;
        } else this.#dashed(x, colour);
        labels.push({ x: to > from ? (Math.max(x, box.left) + end) / 2 : x, text: line.label, colour });
      }
    }
    this.#labels(labels.sort((a, b) => a.x - b.x));
  }

  #dashed(x, colour) {
    const { context, box } = this;
    context.strokeStyle = colour;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(Math.round(x) + 0.5, box.top);
    context.lineTo(Math.round(x) + 0.5, box.top + box.height);
    context.stroke();
    context.setLineDash([]);
  }

  // Labels of lines that would run into each other are left out: the tooltip names them
  #labels(labels) {
    const { context, box, ink } = this;
    context.font = `10px ${ink.font}`;
    context.textAlign = "right";
    context.textBaseline = "bottom";
    let free = -Infinity;
    for (const { x, text, colour } of labels) {
      if (x < free) continue;
      free = x + LABEL_GAP;
      context.save();
      context.translate(x - 1, box.top + 4);
      context.rotate(-Math.PI / 2);
      context.fillStyle = colour;
      context.fillText(text, 0, 0);
      context.restore();
    }
  }

  #region() {
    const { context, box, ink } = this;
    const { region, measurement, accent } = this.options;
    if (region.length !== 2) return;
    context.fillStyle = accent ?? ink.text;
    const bands = [region, ...(measurement?.continuum_windows ?? [])];
    bands.forEach(([low, high], at) => {
      context.globalAlpha = at ? 0.08 : 0.2;
      context.fillRect(this.px(low), box.top, this.px(high) - this.px(low), box.height);
    });
    context.globalAlpha = 1;
  }

  // The point of a shown curve nearest to a place on the canvas: {curve, i, x, y}, or null
  nearest(px, py) {
    let [best, found] = [Infinity, null];
    for (const { curve, factor, base } of this.shown) {
      const i = closest(curve.wavelengths, this.toWavelength(px) / factor);
      const y = this.py(curve.fluxes[i] + base);
      if (Math.abs(y - py) < best) [best, found] = [Math.abs(y - py), { curve, i, x: this.px(curve.wavelengths[i] * factor), y, wavelength: curve.wavelengths[i] * factor }];
    }
    return found;
  }

  // Labels of the lines within a few pixels of a place
  linesAt(px, reach = 5) {
    const names = [];
    for (const list of this.options.lines) {
      for (const line of list.lines) {
        const { from, to } = this.place(list, line);
        if (px > this.px(from) - reach && px < this.px(to) + reach) names.push(line.label);
      }
    }
    return names;
  }
}

function closest(sorted, value) {
  let [low, high] = [0, sorted.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle;
    else high = middle;
  }
  return Math.abs(sorted[low] - value) <= Math.abs(sorted[high] - value) ? low : high;
}
