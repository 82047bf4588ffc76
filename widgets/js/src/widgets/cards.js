// The Cards widget: the landing page. A card leads to a view of this page or to another address.
import { h } from "./lib/dom.js";

function target(card, model) {
  if (card.disabled) return h("span", { class: "skyhub-tile-title", "aria-disabled": "true", title: card.disabled }, card.title);
  const link = h("a", { class: "skyhub-tile-title", href: card.href ?? `?view=${encodeURIComponent(card.view)}` }, card.title);
  if (card.href) return link;
  link.addEventListener("click", (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    model.send({ type: "open", view: card.view });
  });
  return link;
}

function tile(card, model) {
  const badge = card.badge ? h("span", { class: "skyhub-tile-badge" }, card.badge) : null;
  const note = card.disabled ? h("p", { class: "skyhub-tile-note" }, card.disabled) : null;
  return h("li", { class: "skyhub-tile", dataset: { disabled: card.disabled ? "true" : "false" } }, target(card, model), badge, h("p", {}, card.text ?? ""), note);
}

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const heading = h("h2", { class: "skyhub-tiles-heading" });
  const list = h("ul", { class: "skyhub-tiles" });
  const root = h("section", {}, heading, list);
  el.append(root);
  const draw = () => {
    heading.textContent = model.get("title");
    heading.hidden = !model.get("title");
    list.replaceChildren(...model.get("cards").map((card) => tile(card, model)));
  };
  model.on("change:title change:cards", draw);
  draw();
  return () => {
    model.off("change:title change:cards", draw);
    root.remove();
  };
}

export default { render };
