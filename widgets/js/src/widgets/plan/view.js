// One view of a PlanTimeline: the canvas, a tip, a legend; keys step through the observations.
import { announcer, h, hearModel, listenTo } from "../lib/dom.js";
import { fixed, utcOfMjd } from "../lib/format.js";
import { keepSize, plotStage, wheelFactor } from "../lib/stage.js";
import { onTheme } from "../lib/styles.js";
import { nightOf } from "./night.js";
import { PlanPlot, SHADES } from "./plot.js";

const WORDS = { sunset: "day", civil: "civil", nautical: "nautical", astronomical: "astronomical twilight" };
const KEYS = " Arrow keys step through the observations, Enter lights a field, plus and minus zoom, 0 shows everything.";

// A line of probability in the legend
function lineOf({ name, colour }) {
  const line = h("u");
  if (colour) line.style.background = colour;
  return h("span", {}, line, name);
}

export class PlanView {
  constructor(model, el) {
    this.model = model;
    this.at = -1;
    Object.assign(this, plotStage("There is no plan yet.", "0"));
    this.legend = h("div", { class: "skyhub-plan-legend" });
    this.live = announcer();
    this.root = h("figure", { class: "skyhub-plan" }, this.stage, this.legend, this.live);
    el.append(this.root);
    this.plot = new PlanPlot(this.canvas);
    const drawn = () => this.redraw();
    const handlers = { "change:data": () => this.#take(), "change:curve": drawn, "change:selected": drawn, "change:height": drawn, "change:title": () => this.#describe() };
    this.close = keepSize(this, [onTheme(drawn), this.#listen(), hearModel(model, handlers)]);
    this.#take();
  }

  #take() {
    this.night = nightOf(this.model.get("data"));
    this.plot.setData(this.night);
    this.empty.hidden = this.night.n > 0;
    this.legend.hidden = !this.night.n;
    this.at = -1;
    this.tip.hidden = true;
    this.#describe();
    this.redraw();
  }

  redraw() {
    this.stage.style.height = `${this.model.get("height")}px`;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.plot.draw(this.stage.clientWidth, this.stage.clientHeight, { selected: this.model.get("selected"), at: this.at, curve: this.model.get("curve") });
    });
  }

  #describe() {
    const { night } = this;
    const title = this.model.get("title");
    const told = night.n
      ? `${night.n} observations in ${night.bands.map((band) => band.name).join(", ")}, probability ${fixed(night.growths[0].probability.at(-1), 3)} of at most ${fixed(night.bound, 3)}.${KEYS}`
      : "no plan";
    this.overlay.setAttribute("aria-label", `${title}: ${told}`);
    const shades = SHADES.map(([name], k) => {
      const swatch = h("b");
      swatch.style.setProperty("--shade", `${Math.round(100 * SHADES.slice(k).reduce((sum, [, part]) => sum + part, 0))}%`);
      return h("span", {}, swatch, WORDS[name]);
    });
    const lit = night.n ? `Moon ${Math.round(100 * night.nights[0].moon_illumination)} % lit` : "";
    const order = [h("span", {}, "first", h("i"), "last field")];
    this.legend.replaceChildren(...(night.sites.length ? night.growths.map(lineOf) : order), ...shades, h("span", {}, lit));
  }

  #tell(i, aloud = false) {
    const { night, plot } = this;
    this.tip.hidden = i < 0;
    if (i >= 0) {
      const lines = [`Field ${night.fields[i]}, ${night.filters[i]}`, `${utcOfMjd(night.start[i])} UTC`, `airmass ${fixed(night.airmass[i], 2)}, probability ${fixed(night.probability[i], 3)}`];
      this.tip.replaceChildren(...lines.map((line) => h("div", {}, line)));
      const x = plot.px(night.start[i]);
      const right = x > this.stage.clientWidth / 2;
      Object.assign(this.tip.style, { top: "4px", left: right ? "auto" : `${x + 12}px`, right: right ? `${this.stage.clientWidth - x + 8}px` : "auto" });
      if (aloud) this.live.textContent = lines.join(", ");
    }
    if (i === this.at) return;
    this.at = i;
    this.redraw();
  }

  #light(i) {
    const field = i < 0 || this.night.fields[i] === this.model.get("selected") ? "" : this.night.fields[i];
    this.model.set("selected", field);
    this.model.save_changes();
    this.live.textContent = field ? `Field ${field} is lit` : "No field is lit";
  }

  #step(by) {
    const { n } = this.night;
    this.#tell((((this.at < 0 && by < 0 ? 0 : this.at) + by) % n + n) % n, true);
  }

  #listen() {
    const { overlay, plot } = this;
    const place = (event) => {
      const box = overlay.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const centre = () => (this.at >= 0 ? plot.px(this.night.start[this.at]) : this.stage.clientWidth / 2);
    const changed = (change) => {
      change();
      this.redraw();
    };
    const keys = {
      ArrowRight: (event) => (event.shiftKey ? changed(() => plot.pan(0.2)) : this.#step(1)),
      ArrowLeft: (event) => (event.shiftKey ? changed(() => plot.pan(-0.2)) : this.#step(-1)),
      "+": () => changed(() => plot.zoom(0.7, centre())),
      "=": () => changed(() => plot.zoom(0.7, centre())),
      "-": () => changed(() => plot.zoom(1 / 0.7, centre())),
      0: () => changed(() => { plot.view = null; }),
      Enter: () => this.#light(this.at),
      Escape: () => (this.at >= 0 ? this.#tell(-1) : this.#light(-1)),
    };
    const listeners = {
      pointermove: (event) => this.#tell(plot.nearest(...place(event))),
      pointerleave: () => this.#tell(-1),
      click: (event) => this.night.n && this.#light(plot.nearest(...place(event))),
      dblclick: () => changed(() => { plot.view = null; }),
      wheel: (event) => {
        if (!this.night.n) return;
        event.preventDefault();
        changed(() => plot.zoom(wheelFactor(event), place(event)[0]));
      },
      keydown: (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key] || !this.night.n) return;
        event.preventDefault();
        event.stopPropagation();
        keys[event.key](event);
      },
    };
    return listenTo(overlay, listeners, { passive: false });
  }
}
