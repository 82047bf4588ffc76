// The legend of a light curve: filters, instruments and origins, each name shown or hidden, all of a group at once.
import { h, svg } from "./dom.js";
import { GROUPS } from "./photometry.js";
import { isDark, markerPath, styleOf } from "./styles.js";

const WORDS = { filter: "Filters", instrument: "Instruments", origin: "Origins" };

// Fills `element`; `view` has plot.arrays, options.styles, options.groups, hidden {group: Set} and hide({group: names}).
export function drawLegend(element, view) {
  const dark = isDark(element);
  const groups = GROUPS.filter((name) => view.options.groups.includes(name))
    .map((name) => ({ name, names: view.plot.arrays[`${name}s`] }))
    .filter(({ name, names }) => names.length > (name === "filter" ? 0 : 1));
  element.replaceChildren(...groups.map((group) => drawGroup(view, group, groups.length > 1, dark)), ...models(view.options.lines));
}

// The labels of the models, each with its dashes; their colours are those of the filters.
function models(lines) {
  const dashes = new Map(lines.map(({ label, dash }) => [label, dash]));
  if (dashes.size === 0) return [];
  const item = ([label, dash]) =>
    h("span", { class: "skyhub-legend-item" }, svg("svg", { width: 22, height: 8, viewBox: "0 0 22 8", "aria-hidden": "true" },
      svg("path", { d: "M0,4H22", stroke: "currentColor", "stroke-width": 1.6, "stroke-dasharray": dash.join(" ") })), label);
  return [h("div", { class: "skyhub-legend-group", role: "group", "aria-label": "Models" }, h("span", { class: "skyhub-legend-title" }, "Models:"), [...dashes].map(item))];
}

function drawGroup(view, { name, names }, titled, dark) {
  const hidden = view.hidden[name];
  const item = (one) => {
    const label = name === "filter" ? styleOf(view.options.styles, one).label : one || "unknown";
    const click = () => {
      const now = new Set(hidden);
      if (!now.delete(one)) now.add(one);
      view.hide({ [name]: [...now] });
    };
    const mark = name === "filter" ? markOf(view, one, dark) : null;
    return h("button", { type: "button", class: "skyhub-legend-item", "aria-pressed": String(!hidden.has(one)), title: `Show or hide ${one || "unknown"}`, on: { click } }, mark, label);
  };
  const whole = names.length > 2 ? wholeGroup(view, name, names) : [];
  const title = titled ? h("span", { class: "skyhub-legend-title" }, `${WORDS[name]}:`) : null;
  return h("div", { class: "skyhub-legend-group", role: "group", "aria-label": `${WORDS[name]} shown` }, title, names.map(item), whole);
}

function wholeGroup(view, name, names) {
  const every = (text, hidden) =>
    h("button", { type: "button", class: "skyhub-tool", "aria-label": `${text} ${WORDS[name].toLowerCase()}`, on: { click: () => view.hide({ [name]: hidden }) } }, text);
  return [every("all", []), every("none", names)];
}

function markOf(view, filter, dark) {
  const style = styleOf(view.options.styles, filter);
  return svg("svg", { width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" },
    svg("path", { d: markerPath(style.marker, 4.4), fill: dark ? style.dark : style.colour }));
}
