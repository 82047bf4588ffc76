// Images of rows, asked for when the rows come into sight, each once.
import { h } from "../lib/dom.js";

export class RowImages {
  // ask(ids): the answer comes by `show`
  constructor(ask) {
    this.ask = ask;
    this.known = new Map();
    this.wanted = new Set();
    this.observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "200px" });
  }

  // The place of a row's images; filled when it is in sight
  place(id) {
    const element = h("span", { class: "skyhub-row-images", "data-id": id });
    if (this.known.has(id)) this.#fill(element, this.known.get(id));
    else this.observer.observe(element);
    return element;
  }

  #seen(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.observer.unobserve(target);
      const { id } = target.dataset;
      if (this.known.has(id)) this.#fill(target, this.known.get(id));
      else this.wanted.add(id);
    }
    if (this.wanted.size) this.timer ??= setTimeout(() => this.#request(), 30);
  }

  #request() {
    this.timer = null;
    this.ask([...this.wanted]);
    this.wanted.clear();
  }

  show(images, root) {
    for (const [id, urls] of Object.entries(images)) this.known.set(id, urls);
    for (const element of root.querySelectorAll(".skyhub-row-images:empty")) {
      const urls = images[element.dataset.id];
      if (urls) this.#fill(element, urls);
    }
  }

  #fill(element, urls) {
    element.replaceChildren(...urls.map((src) => h("img", { src, alt: "", decoding: "async" })));
  }

  close() {
    clearTimeout(this.timer);
    this.observer.disconnect();
  }
}
