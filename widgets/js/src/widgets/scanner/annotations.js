// Annotations, folded by origin; those of the alert with a sparkline of how tonight's candidates are distributed.
import { h, svg } from "../lib/dom.js";
import { given, valueText } from "../lib/format.js";
import { section } from "./card.js";

const SIGN = { good: "+", bad: "–" };
const [WIDTH, HEIGHT] = [72, 16];

// The bins as bars, and a line where this candidate is
function sparkline({ low, high, counts }, value, label) {
  const most = Math.max(...counts);
  const step = WIDTH / counts.length;
  const bars = counts.map((count, i) => (count ? `M${(i * step).toFixed(1)} ${HEIGHT}v${-Math.max(1, (count / most) * HEIGHT).toFixed(1)}h${(step - 0.4).toFixed(1)}V${HEIGHT}z` : "")).join("");
  const place = Math.min(WIDTH - 1, Math.max(1, ((value - low) / (high - low)) * WIDTH));
  const line = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, class: "skyhub-spark", role: "img", "aria-label": `${label} among tonight's candidates` });
  line.append(svg("path", { d: bars }), svg("path", { d: `M${place.toFixed(1)} 0V${HEIGHT}`, class: "skyhub-spark-here" }));
  return line;
}

function row(note, distributions) {
  const found = distributions.find((d) => d.origin === note.origin && d.key === note.key);
  const label = note.label || note.key;
  return h("tr", { dataset: { verdict: note.verdict ?? "none" }, title: `${note.origin} ${note.key}` },
    h("th", { scope: "row" }, label),
    h("td", { class: "skyhub-spark-cell" }, found && given(note.value) ? sparkline(found, Number(note.value), label) : null),
    h("td", { class: "skyhub-value" }, valueText(note.value)),
    h("td", { class: "skyhub-sign" }, SIGN[note.verdict] ?? "", note.verdict ? h("span", { class: "skyhub-sr" }, note.verdict) : null));
}

const table = (notes, distributions) => h("table", { class: "skyhub-facts skyhub-annotations" }, h("tbody", {}, notes.map((note) => row(note, distributions))));

export function annotationsSection(card, details) {
  const distributions = details?.distributions ?? [];
  const noted = (details?.about?.annotations ?? []).filter((a) => !a.about_table);
  const alert = card.annotations.length ? table(card.annotations, distributions) : h("p", { class: "skyhub-muted" }, "None.");
  const others = noted.map(({ origin, data }) => h("details", {},
    h("summary", {}, origin, h("span", { class: "skyhub-muted" }, ` · ${Object.keys(data).length}`)),
    table(Object.entries(data).map(([key, value]) => ({ origin, key, value })), [])));
  return section("Annotations", alert, ...others);
}
