// Charts that Python draws as SVG: traits svg, title, selected, curves ({begin, end, left, right, width, lines: [{name, x, y}]}).
// What has data-id can be clicked, or opened with Enter; what has data-tip tells it; over curves a line reads them off.
import { h, hearModel, listenTo } from "./lib/dom.js";

const MINUTES = 1440;

function clock(mjd) {
  const minutes = Math.round((((mjd % 1) + 1) % 1) * MINUTES) % MINUTES;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")} UTC`;
}

// The value of a line at a time: that of the nearest sample, if it is near.
function valueAt({ x, y }, mjd) {
  let low = 0;
  let high = x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] < mjd) low = middle;
    else high = middle;
  }
  const near = Math.abs(x[low] - mjd) <= Math.abs(x[high] - mjd) ? low : high;
  return x.length && Math.abs(x[near] - mjd) < 0.01 ? y[near] : null;
}

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const drawing = h("div", { class: "skyhub-chart-drawing" });
  const tip = h("div", { class: "skyhub-chart-tip", role: "status", hidden: true });
  const root = h("div", { class: "skyhub-chart" }, drawing, tip);
  el.append(root);

  const mark = () => {
    for (const one of drawing.querySelectorAll("[data-id]")) one.classList.toggle("selected", one.dataset.id === model.get("selected"));
  };
  const draw = () => {
    drawing.innerHTML = model.get("svg");
    for (const one of drawing.querySelectorAll("[data-id]")) one.setAttribute("tabindex", "0");
    tip.hidden = true;
    mark();
  };
  const say = (text, event) => {
    tip.textContent = text;
    tip.hidden = !text;
    if (!text || !event.clientX) return;
    const box = root.getBoundingClientRect();
    tip.style.left = `${Math.max(0, Math.min(event.clientX - box.left + 12, box.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${event.clientY - box.top + 14}px`;
  };
  const readOff = (event) => {
    const { lines = [], begin, end, left, right, width } = model.get("curves");
    const svg = drawing.querySelector("svg");
    if (!lines.length || !svg) return "";
    const box = svg.getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * width;
    if (place < left || place > right) return "";
    const mjd = begin + ((place - left) / (right - left)) * (end - begin);
    const told = lines.map((line) => [line.name, valueAt(line, mjd)]).filter(([, value]) => value !== null && value > 0);
    const cursor = svg.querySelector("[data-cursor]");
    if (cursor) cursor.setAttribute("transform", `translate(${place} 0)`);
    return [clock(mjd), ...told.map(([name, value]) => `${name} ${value.toFixed(0)}°`)].join("\n");
  };
  const over = (event) => say(event.target.closest?.("[data-tip]")?.dataset.tip ?? readOff(event), event);
  const choose = (event) => {
    const one = event.target.closest?.("[data-id]");
    if (!one || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    model.set("selected", model.get("selected") === one.dataset.id ? "" : one.dataset.id);
    model.save_changes();
  };
  listenTo(drawing, { pointermove: over, focusin: over, pointerleave: (event) => say("", event), click: choose, keydown: choose });
  draw();
  return hearModel(model, { "change:svg": draw, "change:selected": mark });
}

export default { render };
