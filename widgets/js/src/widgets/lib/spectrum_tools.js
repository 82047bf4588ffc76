// The tools of a spectrum: fields that show a trait and change it, the picker of lines, the words for a measurement.
import { h } from "./dom.js";
import { fixed, significant } from "./format.js";
import { isDark } from "./styles.js";

const GROUPS = { element: "elements", nebular: "forbidden lines", "galaxy emission": "galaxy", "galaxy absorption": "galaxy", sky: "night sky", telluric: "atmosphere" };

// A select; `names` maps values to words
export function choice(label, names, change) {
  const select = h("select", { "aria-label": label, on: { change: () => change(select.value) } },
    ...Object.entries(names).map(([value, text]) => h("option", { value }, text)));
  return { element: h("label", { class: "skyhub-sp-field" }, label, select), set: (value) => { select.value = value; } };
}

// A number, with a slider beside it if `slider` = [from, to]
export function number(label, { step, min, max, slider, digits = 6 }, change) {
  const send = (source) => {
    const value = Number(source.value);
    if (source.value !== "" && Number.isFinite(value) && value >= min && value <= max) change(value);
  };
  const box = h("input", { type: "number", step, min, max, "aria-label": label, on: { change: () => send(box) } });
  const range = slider && h("input", { type: "range", min: slider[0], max: slider[1], step, "aria-label": `${label}, slider`, on: { input: () => send(range) } });
  return {
    element: h("label", { class: "skyhub-sp-field" }, label, range, box),
    set(value) {
      if (document.activeElement !== box) box.value = Number(value.toFixed(digits));
      if (range) range.value = value;
    },
  };
}

// Boxes to tick, one for each list of lines
export function linePicker(lists, change) {
  const boxes = new Map();
  const dark = isDark(document.documentElement);
  const content = [];
  let group = "";
  for (const list of lists) {
    if (GROUPS[list.group] !== group) content.push(h("h4", {}, (group = GROUPS[list.group])));
    const box = h("input", { type: "checkbox", on: { change: () => change(lists.map((x) => x.species).filter((name) => boxes.get(name).checked)) } });
    boxes.set(list.species, box);
    content.push(h("label", {}, box, h("span", { class: "skyhub-sp-swatch", style: `background:${dark ? list.dark : list.colour}` }), list.species));
  }
  const summary = h("summary", {}, "lines");
  const details = h("details", { class: "skyhub-sp-lines" }, summary, h("div", { class: "skyhub-sp-picker", role: "group", "aria-label": "Lines shown" }, ...content));
  return {
    element: details,
    set(species) {
      for (const [name, box] of boxes) box.checked = species.includes(name);
      summary.textContent = species.length ? `lines (${species.length})` : "lines";
    },
  };
}

// A measurement in words; an empty text if there is none
export function wordsOf(found) {
  if (!found || found.error || found.equivalent_width === undefined) return found?.error ?? "";
  const pair = (value, error, digits) => `${fixed(value, digits)} ± ${fixed(error, digits)}`;
  const parts = [
    `${found.spectrum}: equivalent width ${pair(found.equivalent_width, found.equivalent_width_error, 2)} Å`,
    `centroid ${pair(found.centroid, found.centroid_error, 2)} Å (${found.frame})`,
    `flux ${significant(found.flux, 4)} ± ${significant(found.flux_error, 2)}`,
  ];
  if (found.velocity !== undefined) parts.push(`${found.line}: ${pair(found.velocity, found.velocity_error, 0)} km/s`);
  if (found.errors_from === "scatter") parts.push("errors from the scatter of the continuum");
  return parts.join(" · ");
}
