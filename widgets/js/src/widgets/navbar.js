// The NavBar widget: links, the box that finds an object, theme, connection; keeps `location` and the address in step.
import { History } from "./nav/history.js";
import { NavView } from "./nav/view.js";

export default function navbar() {
  let history = null;
  return {
    initialize({ model }) {
      history = new History(model);
      return () => history.close();
    },
    render({ model, el }) {
      el.classList.add("skyhub-widget");
      const view = new NavView(model, el);
      history.start(el);
      return () => view.close();
    },
  };
}
