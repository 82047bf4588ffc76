// The CandidateScanner widget: one store for the model, one view for each place where it is displayed.
import { Store } from "./scanner/store.js";
import { ScannerView } from "./scanner/view.js";

export default function scanner() {
  let store = null;
  return {
    initialize({ model }) {
      store = new Store(model);
      return () => store.close();
    },
    render({ el }) {
      el.classList.add("skyhub-widget");
      const view = new ScannerView(store, el);
      return () => view.close();
    },
  };
}
