// The PopulationPlot widget: traits columns (numbers and codes of categories), labels, x, y, colour, histograms, ranges, region.
import { PopulationView } from "./population/view.js";

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const view = new PopulationView(model, el);
  return () => view.close();
}

export default { render };
