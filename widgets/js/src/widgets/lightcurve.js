// The LightCurve widget: traits data (binary buffers), y_axis, x_axis, reference_mjd, hidden_filters, selected, height.
import { arraysFromBuffers } from "./lib/photometry.js";
import { LightCurveView } from "./lib/plot_view.js";

const indicesOf = (view) =>
  view?.buffer ? Array.from(new Int32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength))) : [];

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const save = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  };
  const axes = () => ({ yAxis: model.get("y_axis"), xAxis: model.get("x_axis"), reference: model.get("reference_mjd") });
  const view = new LightCurveView(el, {
    ...axes(),
    styles: model.get("filter_styles"),
    hidden: model.get("hidden_filters"),
    height: model.get("height"),
    onAxes: ({ yAxis, xAxis }) => save({ y_axis: yAxis, x_axis: xAxis }),
    onHidden: (hidden) => save({ hidden_filters: hidden }),
    onSelect: (indices) => save({ selected: new DataView(Int32Array.from(indices).buffer) }),
  });
  const handlers = {
    "change:data": () => view.setData(arraysFromBuffers(model.get("data"))),
    "change:y_axis change:x_axis change:reference_mjd": () => view.set(axes()),
    "change:hidden_filters": () => view.set({ hidden: model.get("hidden_filters") }),
    "change:filter_styles": () => view.set({ styles: model.get("filter_styles") }),
    "change:selected": () => view.set({ selected: indicesOf(model.get("selected")) }),
    "change:height": () => view.set({ height: model.get("height") }),
  };
  for (const [events, handler] of Object.entries(handlers)) model.on(events, handler);
  view.setData(arraysFromBuffers(model.get("data")));
  view.set({ selected: indicesOf(model.get("selected")) });
  return () => {
    for (const [events, handler] of Object.entries(handlers)) model.off(events, handler);
    view.close();
  };
}

export default { render };
