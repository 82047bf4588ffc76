// The PlanTimeline widget: traits data (nights, observations, colours), curve (airmass of the lit field), selected, title, height.
import { PlanView } from "./plan/view.js";

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const view = new PlanView(model, el);
  return () => view.close();
}

export default { render };
