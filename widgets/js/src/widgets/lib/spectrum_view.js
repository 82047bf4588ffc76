// Spectra with their legend, tools, tooltip and measurement: the view of the Spectrum widget.
import { announcer, h } from "./dom.js";
import { fixed, significant } from "./format.js";
import { attachSpectrumInput } from "./spectrum_input.js";
import { colourOf, SpectrumPlot } from "./spectrum_plot.js";
import { choice, linePicker, number, wordsOf } from "./spectrum_tools.js";
import { keepSize, plotStage } from "./stage.js";
import { isDark, onTheme } from "./styles.js";

export class SpectrumView {
  // options: state (the widget's traits), lists, onChange({trait: value}), onExport(format)
  constructor(container, { state, lists, onChange, onExport }) {
    this.state = state;
    this.lists = lists;
    this.onChange = onChange;
    this.onExport = onExport;
    this.mode = "zoom";
    this.#build(container);
    this.plot = new SpectrumPlot(this.canvas);
    this.close = keepSize(this, [attachSpectrumInput(this.overlay, this.band, this), onTheme(() => this.set({}))]);
  }

  #build(container) {
    Object.assign(this, plotStage("No spectrum of this object yet.", "0"));
    this.legend = h("div", { class: "skyhub-lc-legend", role: "group", "aria-label": "Spectra shown" });
    this.measured = h("p", { class: "skyhub-sp-measured", role: "status" });
    this.live = announcer();
    this.fields = this.#fields();
    const bar = h("div", { class: "skyhub-lc-bar" }, this.legend, h("div", { class: "skyhub-lc-tools" }, ...this.#buttons()));
    const controls = h("div", { class: "skyhub-sp-controls" }, ...Object.values(this.fields).map((field) => field.element));
    this.root = h("div", { class: "skyhub-sp" }, bar, controls, this.stage, this.measured, this.live);
    container.append(this.root);
  }

  #buttons() {
    const tool = (name, label, click) => h("button", { type: "button", class: "skyhub-tool", title: label, on: { click } }, name);
    this.modeButton = tool("measure", "Drag measures a line instead of zooming (m, or hold Shift)", () => this.toggleMode());
    this.errorButton = tool("errors", "Show errors where they are known", () => this.onChange({ show_errors: !this.state.show_errors }));
    const files = ["csv", "ecsv", "png", "svg"].map((form) => tool(form, `Save as ${form.toUpperCase()}`, () => this.onExport(form)));
    return [this.modeButton, this.errorButton, tool("reset", "Show all wavelengths (double click, 0)", () => this.show(null)), ...files];
  }

  #fields() {
    const to = (trait) => (value) => this.onChange({ [trait]: value });
    return {
      frame: choice("frame", { observed: "observed", rest: "rest" }, (frame) => this.onChange({ frame, region: [], x_range: [] })),
      redshift: number("z", { step: 0.0001, min: -0.5, max: 20, slider: [0, 0.3] }, to("redshift")),
      species: linePicker(this.lists, to("species")),
      expansion_velocity: number("v (km/s)", { step: 100, min: -100000, max: 100000, slider: [0, 30000] }, to("expansion_velocity")),
      normalisation: choice("scale", { median: "by median", max: "by maximum", none: "as given" }, to("normalisation")),
      offset: number("offset", { step: 0.1, min: 0, max: 1e6 }, to("offset")),
      smoothing: choice("smooth", { none: "none", box: "box", "savitzky-golay": "Savitzky–Golay", gaussian: "Gaussian" }, (smoothing) =>
        this.onChange({ smoothing, smoothing_width: smoothing === "gaussian" ? 500 : 9 })),
      smoothing_width: number("width (points, km/s)", { step: 1, min: 1, max: 20000 }, to("smoothing_width")),
      bin_width: number("bin (Å)", { step: 1, min: 0, max: 1000 }, to("bin_width")),
      colour_by: choice("colour", { spectrum: "spectrum", instrument: "instrument", type: "type" }, to("colour_by")),
    };
  }

  // Changes of the widget's traits; curves are {label, wavelengths, fluxes, errors, …}
  set(changes) {
    Object.assign(this.state, changes);
    if (changes.curves) this.#coloured();
    if (changes.colour_by) this.#coloured();
    if (changes.height) this.stage.style.height = `${changes.height}px`;
    for (const [name, field] of Object.entries(this.fields)) field.set(this.state[name]);
    this.fields.smoothing_width.element.hidden = this.state.smoothing === "none";
    this.#say();
    this.#drawLegend();
    this.redraw();
  }

  #coloured() {
    const { curves, colour_by: by } = this.state;
    const kinds = [...new Set(curves.map((curve) => curve[by] ?? ""))];
    curves.forEach((curve, at) => {
      curve.colour = by === "spectrum" ? at : kinds.indexOf(curve[by] ?? "");
    });
    this.plot.curves = curves;
    this.empty.hidden = curves.length > 0;
    const named = curves.map((curve) => `${curve.label}, ${fixed(curve.wavelengths[0], 0)} to ${fixed(curve.wavelengths.at(-1), 0)} Å`);
    this.overlay.setAttribute("aria-label", `${curves.length} spectra: ${named.join("; ") || "none"}. Arrow keys move, plus and minus zoom, m measures.`);
  }

  #say() {
    const { measurement, trouble } = this.state;
    const words = trouble || wordsOf(measurement);
    this.measured.textContent = words || (this.mode === "measure" ? "Drag over a line to measure it." : "");
    this.measured.classList.toggle("skyhub-sp-trouble", Boolean(trouble || measurement?.error));
    this.modeButton.setAttribute("aria-pressed", String(this.mode === "measure"));
    this.errorButton.setAttribute("aria-pressed", String(this.state.show_errors));
  }

  #drawLegend() {
    const dark = isDark(this.root);
    const item = (curve) => {
      const shown = !this.state.hidden.includes(curve.label);
      const click = () => this.onChange({ hidden: shown ? [...this.state.hidden, curve.label] : this.state.hidden.filter((name) => name !== curve.label) });
      const swatch = h("span", { class: "skyhub-sp-swatch", style: `background:${colourOf(curve.colour, dark)}` });
      const type = curve.type === "source" ? "" : ` (${curve.type.replace("_", " ")})`;
      return h("button", { type: "button", class: "skyhub-legend-item", "aria-pressed": String(shown), title: `Show or hide ${curve.label}`, on: { click } }, swatch, curve.label + type);
    };
    this.legend.replaceChildren(...this.state.curves.map(item));
  }

  toggleMode() {
    this.mode = this.mode === "zoom" ? "measure" : "zoom";
    this.live.textContent = this.mode === "measure" ? "Dragging measures a line" : "Dragging zooms";
    this.#say();
  }

  show(range) {
    this.onChange({ x_range: range ?? [] });
  }

  measure(range) {
    this.onChange({ region: range ?? [] });
  }

  hover(place) {
    const { plot, tip } = this;
    const found = place && plot.yShown && plot.nearest(place.x, place.y);
    const inside = place && place.x > plot.box.left && place.x < plot.box.left + plot.box.width;
    tip.hidden = !found || !inside;
    if (tip.hidden) return;
    const names = plot.linesAt(place.x);
    const lines = [found.curve.label, `${fixed(found.wavelength, 2)} Å`, `flux ${significant(found.curve.fluxes[found.i])}`, ...(names.length ? [names.slice(0, 4).join(", ")] : [])];
    tip.replaceChildren(...lines.map((line) => h("div", {}, line)));
    tip.style.left = `${Math.max(4, Math.min(place.x + 14, plot.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.max(4, place.y > tip.offsetHeight + 18 ? place.y - tip.offsetHeight - 12 : place.y + 16)}px`;
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    const { plot, state } = this;
    const spectra = state.curves.filter((curve) => !curve.over);
    const several = spectra.filter((curve) => !state.hidden.includes(curve.label)).length > 1 && state.offset > 0;
    const units = new Set(spectra.map((curve) => curve.flux_unit));
    const unit = state.normalisation === "none" && units.size === 1 ? [...units][0] : "relative";
    Object.assign(plot.options, {
      frame: state.frame, redshift: state.redshift, velocity: state.expansion_velocity, medium: state.medium, offset: state.offset,
      hidden: new Set(state.hidden), showErrors: state.show_errors, region: state.region, measurement: state.measurement,
      lines: this.lists.filter((list) => state.species.includes(list.species)),
      accent: getComputedStyle(this.root).getPropertyValue("--sw-accent"), fluxTitle: `flux (${unit})${several ? " + offset" : ""}`,
    });
    plot.view = state.x_range.length === 2 ? state.x_range : null;
    plot.resize(this.stage.clientWidth, this.stage.clientHeight);
    plot.draw();
  }
}
