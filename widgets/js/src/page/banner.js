// The one banner of a page, above everything, with a button that reloads.
export class Banner {
  constructor(element) {
    this.element = element;
    this.text = element.querySelector("span");
    element.querySelector("button").addEventListener("click", () => location.reload());
  }

  show(kind, text) {
    this.element.dataset.kind = kind;
    this.text.textContent = text;
    this.element.hidden = false;
  }

  hide() {
    this.element.hidden = true;
  }
}
