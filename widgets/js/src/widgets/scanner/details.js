// What is looked at now and then, and asked for only while a card stays on the screen: why it is here, where it was
// detected, what lies beside it, what people say of it.
import { h, svg } from "../lib/dom.js";
import { fixed, given, MISSING, shortTime, significant, utcOfMjd, valueText } from "../lib/format.js";
import { isDark, styleOf } from "../lib/styles.js";
import { section } from "./card.js";

const SIDE = 190; // of the plot of positions, in px
const LEAST_RADIUS = 0.5; // arcsec: a scatter of hundredths should look small
const VERDICTS = new Map([[true, "pass"], [false, "fail"]]);

const muted = (text) => h("span", { class: "skyhub-muted" }, text);

function cutRow({ cut, verdict, value, error }) {
  const shown = error ?? (value === null ? MISSING : valueText(value));
  return h("tr", { dataset: { verdict: VERDICTS.get(verdict) ?? "unknown" } }, h("td", {}, h("code", {}, cut)), h("td", { class: "skyhub-value" }, shown));
}

function whySection(why) {
  const parts = why.map(({ filter, at_alert: told, mjd }, place) => h("details", { open: place === 0 },
    h("summary", {}, filter.name, muted(` · ${filter.group ?? "public"} · version ${told?.version ?? MISSING}${given(mjd) ? ` · ${utcOfMjd(mjd).slice(11, 16)} UT` : ""}`)),
    told ? h("table", { class: "skyhub-facts skyhub-cuts" }, h("tbody", {}, told.cuts.map(cutRow))) : null));
  return section("Why it is here", ...(parts.length ? parts : [h("p", { class: "skyhub-muted" }, "None of your filters says.")]));
}

function positionsPlot({ points, reference }, styles) {
  const dark = isDark(document.body);
  const far = Math.max(LEAST_RADIUS, ...points.map((p) => Math.hypot(p.east, p.north)), reference && reference.separation < 10 ? reference.separation : 0) * 1.15;
  const at = (east, north) => [SIDE / 2 - (east / far) * (SIDE / 2), SIDE / 2 - (north / far) * (SIDE / 2)]; // east is left
  const rings = [0.5, 1, 2, 5, 10, 20].filter((radius) => radius < far).slice(-3).flatMap((radius) => {
    const size = (radius / far) * (SIDE / 2);
    return [svg("circle", { cx: SIDE / 2, cy: SIDE / 2, r: size, class: "skyhub-ring" }), svg("text", { x: SIDE / 2 + size * 0.71 + 2, y: SIDE / 2 + size * 0.71 + 8, class: "skyhub-ring-text" }, `${radius}″`)];
  });
  const dots = points.map((point) => {
    const [cx, cy] = at(point.east, point.north);
    return svg("circle", { cx, cy, r: 3, fill: styleOf(styles, point.filter)[dark ? "dark" : "colour"], "fill-opacity": 0.75 });
  });
  const marks = [];
  if (reference && reference.separation < far) {
    const [x, y] = at(reference.east, reference.north);
    marks.push(svg("path", { d: `M${x - 5} ${y}h10M${x} ${y - 5}v10`, class: "skyhub-reference" }));
  }
  const plot = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, width: SIDE, height: SIDE, role: "img", "aria-label": `Positions of ${points.length} detections, north up, east left`, class: "skyhub-centroid" });
  plot.append(...rings, ...marks, ...dots, svg("text", { x: SIDE / 2 - 4, y: 11, class: "skyhub-ring-text" }, "N"), svg("text", { x: 2, y: SIDE / 2 - 3, class: "skyhub-ring-text" }, "E"));
  return plot;
}

function positionsSection(centroid, styles) {
  const { points, scatter, reference } = centroid;
  const said = [`${points.length} detection${points.length === 1 ? "" : "s"}`, given(scatter) ? `scatter ${fixed(scatter, 2)}″` : null].filter(Boolean).join(", ");
  const near = reference ? `+ reference source ${fixed(reference.separation, 2)}″${given(reference.mag) ? `, ${fixed(reference.mag, 1)} mag` : ""}` : "no reference source in the packet";
  return section("Positions", positionsPlot(centroid, styles), h("p", { class: "skyhub-muted" }, said, h("br"), near));
}

function nearSection(duplicates, open) {
  const rows = duplicates.map((found) => h("li", {}, h("button", { type: "button", class: "skyhub-link", on: { click: () => open(found.object_id) } }, found.object_id), muted(` ${fixed(found.separation_arcsec, 2)}″`)));
  return section("Within 4″", rows.length ? h("ul", { class: "skyhub-plain" }, rows) : h("p", { class: "skyhub-muted" }, "No other object."));
}

function notesSection({ about, comments }) {
  const classes = (about.classifications ?? []).map((c) => h("li", {}, h("b", {}, c.classification), muted(` ${given(c.probability) ? `${significant(c.probability, 2)} · ` : ""}${c.author}`)));
  const z = about.redshift?.redshift ?? about.redshift;
  const redshift = given(z) ? h("li", {}, h("b", {}, `z = ${significant(z)}`)) : null;
  const said = comments.map((c) => h("li", {}, h("span", { class: "skyhub-who" }, c.author), muted(` ${shortTime(c.known_at)}`), ` ${c.text}`));
  const rows = [redshift, ...classes, ...said].filter(Boolean);
  const more = (about.n_comments ?? 0) - comments.length;
  return section("Notes", rows.length ? h("ul", { class: "skyhub-plain skyhub-notes" }, rows, more > 0 ? h("li", {}, muted(`and ${more} older comments`)) : null) : h("p", { class: "skyhub-muted" }, "Nobody has said anything."));
}

// Nothing is shown while it is on its way (`found` is null), nor where no service is set up
export function surveySection(found) {
  if (!found?.image && !found?.why) return null;
  const { image, survey, width_arcsec: width, why } = found;
  const shown = image
    ? [h("img", { src: image, alt: `${survey}, ${width}″ wide, north up, east left`, draggable: "false" }), h("p", { class: "skyhub-muted" }, `${survey} · ${width}″ wide, north up`)]
    : [h("p", { class: "skyhub-muted" }, `Not available: ${why}`)];
  const part = section("Deep image", ...shown);
  part.classList.add("skyhub-survey");
  return part;
}

// `details` is null while they are on their way, or {error}
export function detailSections(details, styles, open) {
  if (details === null) return [section("Closer", h("p", { class: "skyhub-muted" }, "one moment"))];
  if (details.error) return [section("Closer", h("p", { class: "skyhub-muted" }, `Not available: ${details.error}`))];
  return [whySection(details.why), positionsSection(details.centroid, styles), nearSection(details.about.duplicates ?? [], open), notesSection(details)];
}
