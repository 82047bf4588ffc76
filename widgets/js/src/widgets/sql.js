// The SQL workbench: tables and columns beside an editor; the answer is a RecordTable below it.
import { Workbench } from "./sql/view.js";

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const view = new Workbench(model, el);
  return () => view.close();
}

export default { render };
