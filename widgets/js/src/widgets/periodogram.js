// The Periodogram widget: traits data (binary buffers, peaks, window, levels), period, x_axis, height.
import { typed } from "./lib/photometry.js";
import { PeriodogramView } from "./periodogram/view.js";

const spectrumOf = ({ frequency, power, ...rest }) => ({
  frequency: typed(Float64Array, frequency), power: typed(Float32Array, power),
  peaks: [], window: [], levels: [], bands: [], span: 1, said: "", ...rest,
});

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const save = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const view = new PeriodogramView(el, {
    onPeriod: (period) => save("period", period),
    onAxis: (axis) => save("x_axis", axis),
  });
  const take = () => view.set({ period: model.get("period"), xAxis: model.get("x_axis"), height: model.get("height") });
  const load = () => view.setData(spectrumOf(model.get("data")));
  model.on("change:data", load);
  model.on("change:period change:x_axis change:height", take);
  load();
  take();
  return () => {
    model.off("change:data", load);
    model.off("change:period change:x_axis change:height", take);
    view.close();
  };
}

export default { render };
