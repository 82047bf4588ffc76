// The tool bar of the LightCurve widget: axes, bins, dust, what dragging does, files; and of a folded light curve its period.
import { h } from "../lib/dom.js";
import { checkField, choice, numberField } from "../lib/fields.js";
import { periodField } from "../lib/period_field.js";
import { tool } from "../lib/plot_tools.js";
import { savePicture } from "../lib/save.js";
import { TIME_AXES } from "../lib/time_axis.js";

const Y_AXES = [
  { name: "mag", text: "magnitude" },
  { name: "flux", text: "flux" },
  { name: "absmag", text: "absolute magnitude", needs: "distanceModulus" },
];
const NEEDED = { distanceModulus: "the distance is not known", redshift: "the redshift is not known" };
const MODES = [
  ["zoom", "Drag zooms (Shift: selects a box)"],
  ["box", "Drag selects the points in a box (Shift: zooms)"],
  ["lasso", "Drag around points selects them"],
];
const FORMATS = ["png", "svg", "csv", "ecsv", "parquet"];
const FIRST_PERIOD = 1; // d, of a light curve that is folded before any period is known

const isMissing = (options, needs) => needs in NEEDED && options[needs] === null;

function axisChoice(view, label, axes, option, chosen) {
  const select = choice(label, axes, chosen);
  const sync = () => {
    axes.forEach(({ text, needs }, i) => {
      const missing = isMissing(view.options, needs);
      select.options[i].disabled = missing;
      select.options[i].textContent = missing ? `${text} (${NEEDED[needs]})` : text;
    });
    select.value = view.options[option];
  };
  return { root: select, sync };
}

function timeFields(view) {
  const { options } = view;
  const t0 = numberField("t₀", { width: 8, title: "t₀ (MJD); empty is the first detection", chosen: (value) => view.choose({ t0: value }) });
  const period = periodField({
    span: () => (view.plot.arrays.n ? view.plot.arrays.sorted.at(-1) - view.plot.arrays.sorted[0] : 1),
    chosen: (value) => view.choose({ period: value }),
  });
  const cycles = choice("Phases shown", [{ name: "1", text: "0–1" }, { name: "2", text: "0–2" }], (value) => view.choose({ cycles: Number(value) }));
  const root = h("div", { class: "skyhub-lc-row" }, t0.root, period.root, cycles);
  const sync = () => {
    const folded = options.xAxis === "phase";
    root.hidden = !folded && !["days", "rest_days"].includes(options.xAxis);
    period.root.hidden = cycles.hidden = !folded;
    t0.show(options.t0);
    t0.input.placeholder = view.plot?.options.t0?.toFixed(3) ?? "";
    period.show(options.period);
    cycles.value = String(options.cycles);
  };
  return { root, sync };
}

function valueFields(view) {
  const { options } = view;
  const bins = numberField("bin (d)", { min: 0, width: 5, title: "Width of bins (days); empty or 0 is none", chosen: (value) => view.choose({ binDays: value ?? 0 }) });
  const ebv = numberField("E(B−V)", { min: 0, step: 0.001, width: 5, title: "E(B−V) of the Milky Way (mag)", chosen: (value) => view.choose(value === null ? { ebv: null, corrected: false } : { ebv: value }) });
  const dust = checkField("dereddened", "Without the extinction of the Milky Way", (corrected) => view.choose({ corrected }));
  const sync = () => {
    bins.show(options.binDays || null);
    ebv.show(options.ebv);
    dust.input.checked = options.corrected;
    dust.input.disabled = options.ebv === null;
    dust.root.title = options.ebv === null ? "Say E(B−V) first" : "Without the extinction of the Milky Way";
  };
  return { roots: [bins.root, ebv.root, dust.root], sync };
}

function modeTools(view) {
  const buttons = MODES.map(([mode, title]) => [mode, tool(mode, title, () => view.chooseMode(mode))]);
  const reset = tool("reset", "Show everything (double click)", () => view.reset());
  const table = tool("table", "The points as a table", () => view.toggleTable());
  const save = choice("Save as a file", [{ name: "", text: "save…" }, ...FORMATS.map((name) => ({ name, text: name === "parquet" ? "Parquet" : name.toUpperCase() }))], (format) => {
    save.value = "";
    if (format === "png") savePicture("light-curve.png", view.canvas);
    else if (format) view.options.onExport(format);
  });
  const sync = () => {
    for (const [mode, button] of buttons) button.setAttribute("aria-pressed", String(view.mode === mode));
    table.setAttribute("aria-pressed", String(!view.table.hidden));
  };
  return { root: h("div", { class: "skyhub-lc-tools", role: "toolbar", "aria-label": "Light curve" }, ...buttons.map(([, button]) => button), reset, table, save), sync };
}

export function allTools(view) {
  const y = axisChoice(view, "Brightness", Y_AXES, "yAxis", (yAxis) => view.choose({ yAxis }));
  const x = axisChoice(view, "Time", TIME_AXES, "xAxis", (xAxis) =>
    view.choose(xAxis === "phase" && !view.options.period ? { period: FIRST_PERIOD, xAxis } : { xAxis }));
  const [values, times, modes] = [valueFields(view), timeFields(view), modeTools(view)];
  const axes = h("div", { class: "skyhub-lc-row" }, y.root, x.root, ...values.roots);
  return {
    root: h("div", { class: "skyhub-lc-controls" }, axes, modes.root, times.root),
    sync() {
      for (const part of [y, x, values, times, modes]) part.sync();
    },
  };
}
