// The LightCurve widget: its model's traits as options of a LightCurveView, and what the viewer does as traits and messages.
import { hearModel } from "./lib/dom.js";
import { arraysFromBuffers, typed } from "./lib/photometry.js";
import { LightCurveView } from "./lib/plot_view.js";
import { saveFile } from "./lib/save.js";
import { PointActions } from "./lightcurve/actions.js";
import { allTools } from "./lightcurve/tools.js";

// Options of the view by trait
const OPTIONS = {
  y_axis: "yAxis", x_axis: "xAxis", t0: "t0", redshift: "redshift", distance_modulus: "distanceModulus", period: "period", epoch: "epoch",
  cycles: "cycles", bin_days: "binDays", ebv: "ebv", extinction_corrected: "corrected", filter_styles: "styles", height: "height",
};
const HIDDEN = { filter: "hidden_filters", instrument: "hidden_instruments", origin: "hidden_origins" };
const DASHES = [[], [6, 4], [2, 3], [8, 3, 2, 3]];
const TRAITS = Object.fromEntries(Object.entries(OPTIONS).map(([trait, option]) => [option, trait]));

const indicesOf = (view) => (view?.buffer ? Array.from(typed(Int32Array, view)) : []);

function linesOf(lines) {
  const labels = [...new Set(lines.map(({ label }) => label))];
  return lines.map((line) => ({
    label: line.label, filter: line.filter, dash: DASHES[labels.indexOf(line.label) % DASHES.length],
    mjd: typed(Float64Array, line.mjd), mag: typed(Float32Array, line.mag), flux: typed(Float32Array, line.flux),
  }));
}

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const save = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  };
  const options = () => Object.fromEntries(Object.entries(OPTIONS).map(([trait, option]) => [option, model.get(trait)]));
  const hidden = () => Object.fromEntries(Object.entries(HIDDEN).map(([group, trait]) => [group, model.get(trait)]));
  const view = new LightCurveView(el, {
    ...options(),
    hidden: hidden(),
    groups: Object.keys(HIDDEN),
    lines: linesOf(model.get("lines")),
    tools: allTools,
    onChange: (changes) => save(Object.fromEntries(Object.entries(changes).map(([option, value]) => [TRAITS[option], value]))),
    onHidden: (names) => save(Object.fromEntries(Object.entries(names).map(([group, value]) => [HIDDEN[group], value]))),
    onSelect: (indices) => {
      save({ selected: new DataView(Int32Array.from(indices).buffer) });
      actions.sync(model.get("may"));
    },
    onExport: (format) => model.send({ type: "export", format }),
  });
  const actions = new PointActions(view, (message) => model.send(message));
  view.root.append(actions.root);
  const selected = () => {
    view.set({ selected: indicesOf(model.get("selected")) });
    actions.sync(model.get("may"));
  };
  const handlers = {
    "change:data": () => {
      view.setData(arraysFromBuffers(model.get("data")));
      actions.sync(model.get("may"));
    },
    [Object.keys(OPTIONS).map((trait) => `change:${trait}`).join(" ")]: () => view.set(options()),
    [Object.values(HIDDEN).map((trait) => `change:${trait}`).join(" ")]: () => view.set({ hidden: hidden() }),
    "change:lines": () => view.set({ lines: linesOf(model.get("lines")) }),
    "change:selected change:may": selected,
    "msg:custom": (message, buffers) => {
      if (message.type === "file") saveFile(message.name, buffers[0], message.mime);
      else actions.hear(message);
    },
  };
  const unhear = hearModel(model, handlers);
  view.setData(arraysFromBuffers(model.get("data")));
  selected();
  return () => {
    unhear();
    view.close();
  };
}

export default { render };
