// The trait `location` ({view, params}) and the page's address (?view=…&name=value) in step, with back and forward.
// Inside JupyterLab the address is Lab's: there only the trait changes.
import { insideLab } from "../lib/dom.js";

export function locationOf(search) {
  const params = Object.fromEntries(new URLSearchParams(search));
  const { view = "" } = params;
  delete params.view;
  return { view, params };
}

export function searchOf({ view, params }) {
  const given = Object.entries(params ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return `?${new URLSearchParams([["view", view], ...given])}`;
}

const SETTLED = 300; // ms without a change after which the address says what is shown: browsers refuse more often

const same = (a, b) => searchOf(a) === searchOf(b);

export class History {
  constructor(model) {
    this.model = model;
    this.started = false;
    this.changed = () => this.#push();
    this.popped = () => this.#take(locationOf(window.location.search));
    this.clicked = (event) => this.#follow(event);
  }

  // Begins with the first view that is on the page; a deep link in the address wins over the trait.
  start(el) {
    if (this.started || insideLab(el)) return;
    this.started = true;
    const shown = this.model.get("location");
    this.step = shown.kept ?? shown; // where the last step led; what is kept says more of it
    this.model.on("change:location", this.changed);
    window.addEventListener("popstate", this.popped);
    document.addEventListener("click", this.clicked);
    const asked = locationOf(window.location.search);
    if (asked.view) this.#take(asked);
    else window.history.replaceState(null, "", searchOf(this.model.get("location")));
  }

  #take(location) {
    this.kept = null;
    const wanted = location.view ? location : this.model.get("home");
    if (same(wanted, this.model.get("location"))) return;
    this.step = wanted;
    this.model.set("location", wanted);
    this.model.save_changes();
  }

  // A link to a view, in any text of the page, changes the view and not the page.
  #follow(event) {
    const link = event.target.closest?.('a[href^="?view="]');
    if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.model.set("location", locationOf(link.getAttribute("href")));
    this.model.save_changes();
  }

  #push() {
    const location = this.model.get("location");
    if (location.kept) {
      if (!same(location.kept, this.step)) return; // what the kernel says of a step that the browser has left
      clearTimeout(this.settling);
      this.kept = location;
      this.settling = setTimeout(() => this.#settle(), SETTLED);
      return;
    }
    this.step = location;
    this.#settle();
    if (!same(location, locationOf(window.location.search))) window.history.pushState(null, "", searchOf(location));
  }

  #settle() {
    clearTimeout(this.settling);
    if (this.kept) window.history.replaceState(null, "", searchOf(this.kept));
    this.kept = null;
  }

  close() {
    if (!this.started) return;
    clearTimeout(this.settling);
    this.model.off("change:location", this.changed);
    window.removeEventListener("popstate", this.popped);
    document.removeEventListener("click", this.clicked);
  }
}
