// A periodogram on a canvas: power against frequency, or against the logarithm of the period.
import { boxOf, clipped, drawFrame, inkOf, sized } from "../lib/frame.js";
import { significant } from "../lib/format.js";
import { padded, ticks } from "../lib/scales.js";
import { isDark, traceMarker } from "../lib/styles.js";

const MARKED = 10; // peaks that are marked
const WINDOW_SHARE = 0.22; // of the height, that the highest line of the window has
const LABEL = 95; // px, that the name of a level takes: those of close levels stand side by side
const HEADROOM = 0.24; // part of the highest power above it, for its mark
const MARGIN = { left: 52, right: 10, top: 14, bottom: 34 };

// Ticks of a logarithmic axis: powers of ten, and 2 and 5 times these where there is room
function logTicks(low, high, count) {
  const digits = high - low < count / 2 ? [1, 2, 5] : [1];
  const found = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power += 1) {
    for (const digit of digits) {
      const value = power + Math.log10(digit);
      if (value >= low && value <= high) found.push({ value, text: significant(10 ** value, 2) });
    }
  }
  return found.length > 1 ? found : ticks(10 ** low, 10 ** high, count).map(({ value, text }) => ({ value: Math.log10(value), text }));
}

export class PeriodogramPlot {
  constructor(canvas) {
    this.canvas = canvas;
    this.view = null;
    this.xAxis = "period";
    this.px = (x) => this.xScale * x + this.xZero;
    this.py = (y) => this.yScale * y + this.yZero;
  }

  setData(spectrum) {
    this.spectrum = spectrum;
    this.view = null;
  }

  // Where a frequency (1/d) is along the axis, and back
  placeOf(frequency) {
    return this.xAxis === "period" ? -Math.log10(frequency) : frequency;
  }

  frequencyAt(px) {
    const x = (px - this.xZero) / this.xScale;
    return this.xAxis === "period" ? 10 ** -x : x;
  }

  get full() {
    const { frequency, power } = this.spectrum;
    const ends = [this.placeOf(frequency[0]), this.placeOf(frequency.at(-1))].sort((a, b) => a - b);
    const top = power.reduce((a, b) => Math.max(a, b), 0);
    return { x0: ends[0], x1: ends[1], y0: 0, y1: padded(0, top, HEADROOM, 0.01)[1] };
  }

  get range() {
    return this.view ?? this.full;
  }

  get isEmpty() {
    return !this.spectrum || this.spectrum.frequency.length < 2;
  }

  draw(width, height, period) {
    this.context = sized(this.canvas, width, height);
    this.box = boxOf(width, height, MARGIN);
    if (this.isEmpty || width < 40) return;
    const { x0, x1, y0, y1 } = this.range;
    this.xScale = this.box.width / (x1 - x0);
    this.xZero = this.box.left - x0 * this.xScale;
    this.yScale = -this.box.height / (y1 - y0);
    this.yZero = this.box.top - y1 * this.yScale;
    this.ink = inkOf(this.canvas, isDark(this.canvas));
    this.colours = getComputedStyle(this.canvas);
    const count = this.box.width / 85;
    const along = this.xAxis === "period" ? logTicks(x0, x1, count) : ticks(x0, x1, count);
    const title = this.xAxis === "period" ? "period (d)" : "frequency (1/d)";
    drawFrame(this, { ticks: along, title }, { ticks: ticks(y0, y1, Math.max(2, this.box.height / 42)), title: "power" });
    clipped(this, () => {
      this.#window();
      this.#levels();
      this.#spectrum();
      if (period) this.#chosen(period);
      this.#peaks();
    });
  }

  #colour(name) {
    return this.colours.getPropertyValue(name).trim();
  }

  #stroke(colour, width, trace, dash = []) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    trace(context);
    context.stroke();
    context.setLineDash([]);
  }

  // Lines of the window hang from the top: where the observations repeat
  #window() {
    const { box } = this;
    this.#stroke(this.#colour("--sw-warning"), 2, (context) => {
      for (const { frequency, power } of this.spectrum.window) {
        const x = this.px(this.placeOf(frequency));
        context.moveTo(x, box.top);
        context.lineTo(x, box.top + box.height * WINDOW_SHARE * power);
      }
    });
  }

  #levels() {
    const { box, context } = this;
    this.spectrum.levels.forEach(({ probability, power }, at) => {
      const y = this.py(power);
      this.#stroke(this.ink.text, 1, (path) => {
        path.moveTo(box.left, y);
        path.lineTo(box.left + box.width, y);
      }, [4, 4]);
      context.textAlign = "right";
      context.textBaseline = "bottom";
      context.fillStyle = this.ink.text;
      context.fillText(`false alarm ${probability}`, box.left + box.width - 4 - at * LABEL, y - 1);
    });
  }

  #spectrum() {
    const { frequency, power } = this.spectrum;
    this.#stroke(this.#colour("--sw-text"), 1, (context) => {
      for (let i = 0; i < frequency.length; i += 1) context.lineTo(this.px(this.placeOf(frequency[i])), this.py(power[i]));
    });
  }

  #peaks() {
    const { context } = this;
    context.fillStyle = this.#colour("--sw-accent");
    context.textAlign = "center";
    context.textBaseline = "bottom";
    this.spectrum.peaks.slice(0, MARKED).forEach(({ frequency, power }, at) => {
      const [x, y] = [this.px(this.placeOf(frequency)), this.py(power) - 6];
      const marker = new Path2D();
      traceMarker(marker, "limit", x, y, 4);
      context.fill(marker);
      context.fillText(String(at + 1), x, y - 4);
    });
  }

  #chosen(period) {
    const { box } = this;
    const x = this.px(this.placeOf(1 / period));
    this.#stroke(this.#colour("--sw-bad"), 1.5, (context) => {
      context.moveTo(x, box.top);
      context.lineTo(x, box.top + box.height);
    });
  }

  // The number of the marked peak within `reach` pixels of a place, or -1
  peakNear(px, reach = 9) {
    let [best, found] = [reach, -1];
    this.spectrum.peaks.slice(0, MARKED).forEach(({ frequency }, at) => {
      const distance = Math.abs(this.px(this.placeOf(frequency)) - px);
      if (distance < best) [best, found] = [distance, at];
    });
    return found;
  }

  zoom(factor, px) {
    const { x0, x1, y0, y1 } = this.range;
    const centre = (px - this.xZero) / this.xScale;
    const { full } = this;
    if ((x1 - x0) * factor < (full.x1 - full.x0) * 1e-4) return;
    const scaled = [centre + (x0 - centre) * factor, centre + (x1 - centre) * factor];
    this.view = { x0: Math.max(full.x0, scaled[0]), x1: Math.min(full.x1, scaled[1]), y0, y1 };
  }

  zoomTo(left, right) {
    const { y0, y1 } = this.range;
    const at = (px) => (px - this.xZero) / this.xScale;
    this.view = { x0: at(left), x1: at(right), y0, y1 };
  }
}
