// The Spectrum widget: traits data (binary buffers), line_lists, and those that the tools show and change.
import { hearModel } from "./lib/dom.js";
import { SpectrumView } from "./lib/spectrum_view.js";
import { saveFile } from "./lib/save.js";

const TRAITS = [
  "hidden", "normalisation", "offset", "smoothing", "smoothing_width", "bin_width", "frame", "redshift", "expansion_velocity",
  "species", "medium", "x_range", "colour_by", "show_errors", "region", "measurement", "trouble", "height",
];
const floats = (view) => new Float32Array(view?.buffer ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : []);

function curvesOf(data) {
  return data.map((curve) => {
    const wavelengths = floats(curve.wavelengths);
    return { ...curve, wavelengths, fluxes: floats(curve.fluxes), errors: floats(curve.errors), n: wavelengths.length };
  });
}

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const state = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
  const view = new SpectrumView(el, {
    state: { ...state, curves: curvesOf(model.get("data")) },
    lists: model.get("line_lists"),
    onChange(changes) {
      for (const [name, value] of Object.entries(changes)) model.set(name, value);
      model.save_changes();
    },
    onExport: (format) => model.send({ type: "export", format }),
  });
  const heard = (message, buffers) => {
    if (message.type === "exported") saveFile(message.name, buffers[0], message.media_type);
    if (message.type === "refused") view.set({ trouble: message.message });
  };
  const handlers = {
    "change:data": () => view.set({ curves: curvesOf(model.get("data")) }),
    "msg:custom": heard,
    ...Object.fromEntries(TRAITS.map((name) => [`change:${name}`, () => view.set({ [name]: model.get(name) })])),
  };
  const unhear = hearModel(model, handlers);
  view.set({ ...state, curves: curvesOf(model.get("data")) });
  return () => {
    unhear();
    view.close();
  };
}

export default { render };
