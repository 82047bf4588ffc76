// The points and model lines of a light curve. `plot` is a Plot.
import { DETECTION, LIMIT } from "./photometry.js";
import { styleOf, traceMarker } from "./styles.js";

const DENSE = 4000; // visible points above which markers become squares without error bars
const FAINT = 0.35; // how strongly points that were said to be wrong are drawn

const colourOf = (style, dark) => (dark ? style.dark : style.colour);

// groups: by filter, the places of the visible points
export function drawPoints(plot, groups) {
  const count = groups.reduce((sum, group) => sum + group.length, 0);
  groups.forEach((group, code) => {
    const style = styleOf(plot.options.styles, plot.arrays.filters[code]);
    const colour = colourOf(style, plot.ink.dark);
    if (count > DENSE) dense(plot, group, colour);
    else markers(plot, group, style.marker, colour, count > 600 ? 2.6 : 4);
  });
}

// One square of two pixels for each cell of the screen that holds a point
function dense(plot, group, colour) {
  const { context, places, height, xScale, xZero, yScale, yZero } = plot;
  const values = plot.series.y;
  const columns = Math.ceil(plot.width / 2) + 1;
  const taken = new Uint8Array(columns * (Math.ceil(height / 2) + 1));
  context.fillStyle = colour;
  for (const k of group) {
    const x = (xScale * places.x[k] + xZero) >> 1;
    const y = (yScale * values[places.point[k]] + yZero) >> 1;
    const cell = y * columns + x;
    if (y < 0 || 2 * y >= height || taken[cell]) continue;
    taken[cell] = 1;
    context.fillRect(2 * x, 2 * y, 2, 2);
  }
}

function markers(plot, group, marker, colour, radius) {
  const { validated } = plot.arrays;
  const refused = (k) => validated[plot.places.point[k]] === 0;
  plot.context.strokeStyle = colour;
  plot.context.fillStyle = colour;
  marked(plot, group.filter((k) => !refused(k)), marker, radius);
  plot.context.globalAlpha = FAINT;
  marked(plot, group.filter(refused), marker, radius);
  plot.context.globalAlpha = 1;
  struck(plot, group.filter(refused), radius);
}

function marked(plot, group, marker, radius) {
  const { context } = plot;
  errorBars(plot, group);
  const paths = { full: new Path2D(), open: new Path2D() };
  for (const k of group) trace(plot, paths, k, marker, radius);
  context.lineWidth = 1;
  context.fill(paths.full);
  context.lineWidth = 1.4;
  context.stroke(paths.open);
}

// Detections are full, forced photometry and limits are open.
function trace(plot, paths, k, marker, radius) {
  const { arrays, series, places } = plot;
  const i = places.point[k];
  const x = plot.px(places.x[k]);
  const y = plot.py(series.y[i]);
  if (series.kind[i] === LIMIT) traceMarker(paths.open, "limit", x, y, radius * 0.95);
  else traceMarker(arrays.forced[arrays.origin[i]] ? paths.open : paths.full, marker, x, y, radius);
}

function struck(plot, group, radius) {
  const { context, places, series } = plot;
  context.lineWidth = 1.2;
  context.beginPath();
  for (const k of group) {
    const x = plot.px(places.x[k]);
    const y = plot.py(series.y[places.point[k]]);
    context.moveTo(x - 1.6 * radius, y + 1.6 * radius);
    context.lineTo(x + 1.6 * radius, y - 1.6 * radius);
  }
  context.stroke();
}

function errorBars(plot, group) {
  const { context, series, places } = plot;
  context.lineWidth = 1;
  context.beginPath();
  for (const k of group) {
    const i = places.point[k];
    const error = series.error[i];
    if (series.kind[i] !== DETECTION || !(error > 0)) continue;
    const x = Math.round(plot.px(places.x[k])) + 0.5;
    context.moveTo(x, plot.py(series.y[i] - error));
    context.lineTo(x, plot.py(series.y[i] + error));
  }
  context.stroke();
}

// Models as lines in the colours of their filters; folded, a line breaks where the phase begins anew.
export function drawLines(plot) {
  const { context, options } = plot;
  context.lineWidth = 1.6;
  for (const line of options.lines ?? []) {
    if (options.hidden.filter.has(line.filter)) continue;
    context.strokeStyle = colourOf(styleOf(options.styles, line.filter), plot.ink.dark);
    context.setLineDash(line.dash);
    context.beginPath();
    for (let cycle = 0; cycle < (plot.axis.cycles ?? 1); cycle += 1) traceLine(plot, line, cycle);
    context.stroke();
  }
  context.setLineDash([]);
}

function traceLine(plot, line, cycle) {
  const values = plot.options.yAxis === "flux" ? line.flux : line.mag;
  let before = NaN;
  for (let i = 0; i < line.mjd.length; i += 1) {
    const x = plot.axis.folded ? plot.axis.phase(line.mjd[i]) + cycle : line.mjd[i];
    const joined = x >= before && Number.isFinite(values[i - 1]);
    before = x;
    if (!Number.isFinite(values[i])) continue;
    if (joined) plot.context.lineTo(plot.px(x), plot.py(values[i]));
    else plot.context.moveTo(plot.px(x), plot.py(values[i]));
  }
}
