// The points of a light curve in words: as a table, and as the lines of a hover card.
import { h } from "./dom.js";
import { fixed, MISSING, significant, utcOfMjd } from "./format.js";
import { LIMIT } from "./photometry.js";

const ROWS = 500;
const HEAD = ["MJD", "UT", "filter", "mag", "error", "limit", "flux (µJy)", "error", "instrument", "origin", "noted"];

export function pointsTable(arrays) {
  const shown = Array.from(arrays.order.slice(Math.max(0, arrays.n - ROWS))).reverse();
  const note = arrays.n > ROWS ? h("p", {}, `The newest ${ROWS} of ${arrays.n} points.`) : null;
  return [note, tableOf(HEAD, shown.map((i) => cells(arrays, i)))].filter(Boolean);
}

export function tableOf(head, rows) {
  return h("table", {}, h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell))))));
}

function cells(arrays, i) {
  const limit = arrays.magnitude.kind[i] === LIMIT;
  return [
    fixed(arrays.mjd[i], 5), utcOfMjd(arrays.mjd[i]), arrays.filters[arrays.filter[i]],
    limit ? MISSING : fixed(arrays.mag[i], 3), limit ? MISSING : fixed(arrays.magerr[i], 3), fixed(arrays.limit[i], 2),
    significant(arrays.flux[i]), significant(arrays.fluxerr[i], 2),
    arrays.instruments[arrays.instrument[i]], arrays.origins[arrays.origin[i]], noted(arrays, i),
  ];
}

function noted(arrays, i) {
  if (Number.isNaN(arrays.validated[i])) return "";
  return arrays.validated[i] ? "good" : "bad";
}

// Filter and brightness; when, on the axis that is shown too; who; what was noted
export function describe(plot, i) {
  const { arrays, axis } = plot;
  const filter = arrays.filters[arrays.filter[i]];
  const forced = arrays.forced[arrays.origin[i]] ? " (forced)" : "";
  const count = arrays.count && arrays.count[i] > 1 ? ` (mean of ${arrays.count[i]})` : "";
  const said = noted(arrays, i);
  return [
    `${filter} ${brightness(plot, i)}${forced}${count}`,
    `MJD ${fixed(arrays.mjd[i], 5)}`,
    `${utcOfMjd(arrays.mjd[i])} UT`,
    ["mjd", "utc"].includes(plot.options.xAxis) || !axis ? "" : axis.text(arrays.mjd[i]),
    arrays.instruments[arrays.instrument[i]],
    said && `noted as ${said}`,
  ].filter(Boolean);
}

function brightness({ arrays, options }, i) {
  if (options.yAxis === "flux" && !Number.isNaN(arrays.flux[i])) {
    return `${significant(arrays.flux[i])} ± ${significant(arrays.fluxerr[i], 2)} µJy`;
  }
  const shift = options.yAxis === "absmag" ? options.distanceModulus : 0;
  if (arrays.magnitude.kind[i] === LIMIT) return `> ${fixed(arrays.limit[i] - shift, 2)}`;
  const error = Number.isNaN(arrays.magerr[i]) ? "" : ` ± ${fixed(arrays.magerr[i], 2)}`;
  return `${fixed(arrays.mag[i] - shift, 2)}${error}`;
}
