// Columns of a population as they come from Python: single floats above an offset, NaN where there is no value.
import { significant } from "../lib/format.js";
import { typed } from "../lib/photometry.js";
import { padded, ticks } from "../lib/scales.js";

export function columnsOf(packed) {
  return new Map(packed.map((column) => {
    const values = typed(Float32Array, column.values);
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const label = column.unit ? `${column.title} (${column.unit})` : column.title;
    return [column.name, { ...column, values, label, low, high }];
  }));
}

// From where to where an axis goes, less the offset; of a magnitude the bright end is last.
export function spanOf(column) {
  const [low, high] = column.names.length ? [-0.5, column.names.length - 0.5] : padded(column.low, column.high, 0.04, 1e-6);
  return column.flipped ? [high, low] : [low, high];
}

// Ticks of an axis at values less the offset
export function ticksOf(column, [from, to], count) {
  const { names, offset } = column;
  if (names.length) return names.map((text, value) => ({ value: value - offset, text: text.length > 12 ? `${text.slice(0, 11)}…` : text }));
  return ticks(from + offset, to + offset, count).map(({ value, text }) => ({ value: value - offset, text }));
}

export function textOf(column, value) {
  if (Number.isNaN(value)) return "—";
  return column.names.length ? column.names[value + column.offset] : significant(value + column.offset, column.offset > 1e4 ? 9 : 4);
}

// 1 for each row that is within all ranges and the region, as Python finds them
export function chosenRows(columns, n, ranges, region) {
  const chosen = new Uint8Array(n).fill(1);
  for (const [name, [low, high]] of Object.entries(ranges)) {
    const { values, offset } = columns.get(name);
    const [from, to] = [low === null ? -Infinity : low - offset, high === null ? Infinity : high - offset];
    for (let i = 0; i < n; i += 1) if (!(values[i] >= from && values[i] <= to)) chosen[i] = 0;
  }
  if (!region) return chosen;
  const [x, y] = [columns.get(region.x), columns.get(region.y)];
  const corners = region.outline.map(([a, b]) => [a - x.offset, b - y.offset]);
  for (let i = 0; i < n; i += 1) if (chosen[i] && !isInside(corners, x.values[i], y.values[i])) chosen[i] = 0;
  return chosen;
}

// Whether a point has an odd number of sides of a polygon to its right
function isInside(corners, x, y) {
  if (Number.isNaN(x) || Number.isNaN(y)) return false;
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i, i += 1) {
    const [[ax, ay], [bx, by]] = [corners[i], corners[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
