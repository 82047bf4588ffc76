// The SkyPlot widget: traits data (layers with lon and lat, deg), frame, centre, selected, title, height.
import { SkyView } from "./sky/view.js";

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const view = new SkyView(model, el);
  return () => view.close();
}

export default { render };
