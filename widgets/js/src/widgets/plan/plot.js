// The canvas of a plan: lanes of exposures under twilights and the Moon, airmass, probability; one time axis.
import { calendarTicks } from "../lib/calendar.js";
import { clipped, drawFrame, gridLine, inkOf, sized } from "../lib/frame.js";
import { ticks } from "../lib/scales.js";
import { isDark, traceMarker } from "../lib/styles.js";

const [LEFT, RIGHT, TOP, BOTTOM, GAP, LANE] = [52, 10, 6, 36, 10, 22];
export const SHADES = [["sunset", 0.22], ["civil", 0.14], ["nautical", 0.1], ["astronomical", 0.07]];
const FAINT = 0.25;
const SHORTEST = 1 / 288; // of what is in view (d)
const NEAR = 12; // pixels

export class PlanPlot {
  constructor(canvas) {
    this.canvas = canvas;
    this.view = null;
  }

  setData(night) {
    this.night = night;
    this.view = null;
  }

  get full() {
    const { nights } = this.night;
    return [nights[0].begin, nights.at(-1).end];
  }

  draw(width, height, { selected, at, curve }) {
    const { night } = this;
    this.context = sized(this.canvas, width, height);
    if (!night?.n) return;
    [this.x0, this.x1] = this.view ?? this.full;
    this.ink = inkOf(this.canvas, isDark(this.canvas));
    this.style = getComputedStyle(this.canvas);
    this.lit = selected;
    const wide = Math.max(10, width - LEFT - RIGHT);
    this.above = night.sites.length ? 0 : 1; // the Moon's lane: several telescopes have a Moon each
    const lanes = LANE * (night.bands.length + this.above);
    const half = Math.max(30, (height - TOP - BOTTOM - lanes - 2 * GAP) / 2);
    this.boxes = [lanes, half, half].map((tall, k) => ({ left: LEFT, width: wide, height: tall, top: TOP + (k ? lanes + GAP : 0) + (k > 1 ? half + GAP : 0) }));
    this.px = (mjd) => LEFT + ((mjd - this.x0) / (this.x1 - this.x0)) * wide;
    this.alongTicks = calendarTicks(this.x0, this.x1, wide / 90);
    this.#lanes(this.boxes[0]);
    this.#airmass(this.boxes[1], curve);
    this.#probability(this.boxes[2]);
    if (at >= 0) this.#mark(at);
  }

  #colour(name) {
    return this.style.getPropertyValue(`--sw-${name}`).trim();
  }

  // A panel with its frame, what is in it clipped to it
  #panel(box, y, last, inside) {
    const { context } = this;
    const panel = { context, box, ink: this.ink, px: this.px, py: y.place };
    if (!this.night.sites.length) clipped(panel, () => this.#shades(box, this.night.nights));
    const blank = this.alongTicks.map(({ value }) => ({ value, text: "" }));
    drawFrame(panel, last ? { ticks: this.alongTicks, title: "UTC" } : { ticks: blank, title: "" }, { ticks: y.ticks, title: y.title });
    clipped(panel, inside);
    context.globalAlpha = 1;
  }

  #shades(box, nights) {
    const { context, ink } = this;
    context.fillStyle = ink.text;
    for (const [name, opacity] of SHADES) {
      context.globalAlpha = opacity;
      let from = this.x0;
      const dark = nights.map((each) => each.twilights[name]).filter(Boolean);
      for (const [begin, end] of [...dark, [this.x1, this.x1]]) {
        if (begin > from) context.fillRect(this.px(from), box.top, this.px(begin) - this.px(from), box.height);
        from = Math.max(from, end);
      }
    }
    context.globalAlpha = 1;
  }

  #lanes(box) {
    const { context, night } = this;
    const names = [...(this.above ? ["Moon"] : []), ...night.bands.map((band) => band.name)];
    const y = { place: (lane) => box.top + (lane + 0.5) * LANE, title: "", ticks: [] };
    this.#panel(box, y, false, () => {
      if (this.above) this.#moon(box, night);
      night.sites.forEach((site, k) => {
        const lane = { ...box, top: box.top + k * LANE, height: LANE };
        this.#shades(lane, site.nights);
        this.#moon(lane, site);
      });
      context.strokeStyle = this.ink.line;
      for (let lane = 1; lane < names.length; lane += 1) gridLine(context, box.left, box.top + lane * LANE, box.left + box.width, box.top + lane * LANE);
      for (let i = 0; i < night.n; i += 1) {
        const left = this.px(night.start[i]);
        context.globalAlpha = this.lit && this.lit !== night.fields[i] ? FAINT : 1;
        context.fillStyle = night.colours[i];
        context.fillRect(left, box.top + (night.lane[i] + this.above) * LANE + 3, Math.max(1, this.px(night.end[i]) - left - 0.5), LANE - 6);
      }
    });
    context.fillStyle = this.ink.text;
    context.textAlign = "right";
    context.textBaseline = "middle";
    names.forEach((name, lane) => context.fillText(name.slice(0, 8), box.left - 6, y.place(lane)));
  }

  #moon(box, { nights, mjd, moon }) {
    const { context } = this;
    const bottom = box.top + LANE;
    context.beginPath();
    context.moveTo(this.px(mjd[0]), bottom);
    mjd.forEach((time, k) => context.lineTo(this.px(time), bottom - (Math.max(0, moon[k]) / 90) * (LANE - 3)));
    context.lineTo(this.px(mjd.at(-1)), bottom);
    context.fillStyle = this.#colour("warning");
    context.globalAlpha = 0.25 + 0.5 * nights[0].moon_illumination;
    context.fill();
    context.globalAlpha = 1;
  }

  #airmass(box, curve) {
    const { context, night } = this;
    const highest = Math.max(night.limit ?? 1.2, ...night.airmass) + 0.08;
    const place = (value) => box.top + 4 + ((value - 1) / (highest - 1)) * (box.height - 4);
    this.airmassAt = place;
    this.#panel(box, { place, title: "airmass", ticks: ticks(1, highest, box.height / 26) }, false, () => {
      if (night.limit) this.#level(box, place(night.limit), `limit ${night.limit}`);
      if (this.lit && curve?.mjd) this.#curve(curve, place);
      this.#dots(place);
    });
    context.globalAlpha = 1;
  }

  #dots(place) {
    const { context, night } = this;
    for (let i = 0; i < night.n; i += 1) {
      const isLit = this.lit === night.fields[i];
      const path = new Path2D();
      traceMarker(path, night.bands[night.lane[i]].marker, this.px((night.start[i] + night.end[i]) / 2), place(night.airmass[i]), isLit ? 5 : 3);
      context.globalAlpha = this.lit && !isLit ? FAINT : 1;
      context.fillStyle = night.colours[i];
      context.fill(path);
      if (!isLit) continue;
      context.strokeStyle = this.#colour("text");
      context.lineWidth = 1.5;
      context.stroke(path);
    }
  }

  #curve({ mjd, airmass }, place) {
    const { context } = this;
    context.strokeStyle = this.#colour("accent");
    context.lineWidth = 1.5;
    context.beginPath();
    let drawn = false;
    mjd.forEach((time, k) => {
      const value = airmass[k];
      if (value === null) drawn = false;
      else if (drawn) context.lineTo(this.px(time), place(value));
      else {
        context.moveTo(this.px(time), place(value));
        drawn = true;
      }
    });
    context.stroke();
  }

  #probability(box) {
    const { context, night } = this;
    const most = Math.max(night.bound ?? 0, night.growths[0].probability.at(-1), 1e-9) * 1.12;
    const place = (value) => box.top + box.height * (1 - value / most);
    this.#panel(box, { place, title: "probability", ticks: ticks(0, most, box.height / 26) }, true, () => {
      let last = 0;
      for (const growth of night.growths.toReversed()) last = this.#growth(box, growth, place);
      context.fillStyle = this.ink.text;
      context.textAlign = "right";
      context.textBaseline = "top";
      context.fillText(last.toFixed(3), box.left + box.width - 6, place(last) + 4);
      if (night.bound !== null) this.#level(box, place(night.bound), `at most ${night.bound.toFixed(3)}`);
    });
  }

  // The steps of one probability; what it reaches
  #growth(box, { colour, end, probability }, place) {
    const { context } = this;
    context.strokeStyle = colour || this.#colour("accent");
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(box.left, place(0));
    let last = 0;
    end.forEach((mjd, k) => {
      if (probability[k] === last) return;
      context.lineTo(this.px(mjd), place(last));
      last = probability[k];
      context.lineTo(this.px(mjd), place(last));
    });
    context.lineTo(box.left + box.width, place(last));
    context.stroke();
    return last;
  }

  #level(box, y, text) {
    const { context } = this;
    context.strokeStyle = context.fillStyle = this.ink.text;
    context.lineWidth = 1;
    context.setLineDash([5, 4]);
    context.beginPath();
    context.moveTo(box.left, y);
    context.lineTo(box.left + box.width, y);
    context.stroke();
    context.setLineDash([]);
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillText(text, box.left + 6, y - 1);
  }

  // A line through all panels at an observation
  #mark(i) {
    const { context, boxes, night } = this;
    const x = this.px((night.start[i] + night.end[i]) / 2);
    context.strokeStyle = this.#colour("text");
    context.lineWidth = 1;
    gridLine(context, x, boxes[0].top, x, boxes[2].top + boxes[2].height, 0.8);
  }

  // The observation at a place, or -1: in its lane, at its dot, or next in time below
  nearest(x, y) {
    const { night, boxes } = this;
    if (!night?.n || !boxes) return -1;
    const lane = Math.floor((y - boxes[0].top) / LANE) - this.above;
    const inLanes = y < boxes[0].top + boxes[0].height;
    let [found, best] = [-1, NEAR];
    for (let i = 0; i < night.n; i += 1) {
      if (inLanes && night.lane[i] !== lane) continue;
      const along = Math.max(0, this.px(night.start[i]) - x, x - this.px(night.end[i]));
      const across = y >= boxes[1].top && y < boxes[2].top ? this.airmassAt(night.airmass[i]) - y : 0;
      const away = Math.hypot(along, across);
      if (away < best) [found, best] = [i, away];
    }
    return found;
  }

  zoom(factor, x) {
    const centre = this.x0 + ((x - LEFT) / this.boxes[0].width) * (this.x1 - this.x0);
    if ((this.x1 - this.x0) * factor < SHORTEST) return;
    this.#keep(centre + (this.x0 - centre) * factor, centre + (this.x1 - centre) * factor);
  }

  pan(part) {
    const by = part * (this.x1 - this.x0);
    const [low, high] = this.full;
    const moved = Math.max(low - this.x0, Math.min(high - this.x1, by));
    this.#keep(this.x0 + moved, this.x1 + moved);
  }

  #keep(from, to) {
    const [low, high] = this.full;
    this.view = [Math.max(low, from), Math.min(high, to)];
  }
}
