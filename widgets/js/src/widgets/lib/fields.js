// Small fields with their labels, for the tool bars of plots.
import { h } from "./dom.js";

// options: [{name, text, title}]
export function choice(label, options, chosen) {
  const items = options.map(({ name, text, title }) => h("option", { value: name, title }, text));
  const select = h("select", { class: "skyhub-select", "aria-label": label, title: label, on: { change: () => chosen(select.value) } }, items);
  return select;
}

// A number; empty is null. What is no number, or not permitted, is taken back.
export function numberField(label, { step = "any", min = null, width = 7, title = label, chosen, allowEmpty = true }) {
  const input = h("input", { type: "number", step, min, "aria-label": title, title, style: `width:${width}em` });
  input.addEventListener("change", () => {
    const text = input.value.trim();
    const value = text === "" ? null : Number(text);
    const permitted = value === null ? allowEmpty : Number.isFinite(value) && (min === null || value >= min);
    if (permitted) chosen(value);
    else input.value = input.dataset.value ?? "";
  });
  const show = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    if (text === input.dataset.value) return;
    input.dataset.value = text;
    input.value = text;
  };
  return { root: h("label", { class: "skyhub-field-inline" }, h("span", {}, label), input), input, show };
}

export function checkField(label, title, chosen) {
  const input = h("input", { type: "checkbox", on: { change: () => chosen(input.checked) } });
  return { root: h("label", { class: "skyhub-field-inline", title }, input, h("span", {}, label)), input };
}
