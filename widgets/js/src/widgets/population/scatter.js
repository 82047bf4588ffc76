// Points of two columns: discs, or where there are many an image of their density.
import { clipped } from "../lib/frame.js";
import { colourOf, cssOf } from "./colours.js";

const MANY = 4000;
const CELL = 2; // pixels of the density image

// plot: {context, box, px, py}, the columns x, y and colour, chosen (1 or 0 of each row) and the colours strong and faint
export function drawScatter(plot) {
  clipped(plot, () => (plot.x.values.length > MANY ? density(plot) : discs(plot)));
}

function discs({ context, px, py, x, y, colour, chosen, strong, faint }) {
  const radius = x.values.length > 600 ? 2.4 : 3.6;
  for (const wanted of [0, 1]) {
    context.globalAlpha = wanted ? 0.9 : 0.45;
    for (let i = 0; i < chosen.length; i += 1) {
      if (chosen[i] !== wanted || Number.isNaN(x.values[i]) || Number.isNaN(y.values[i])) continue;
      const value = colour?.values[i];
      context.fillStyle = cssOf(!wanted || Number.isNaN(value) ? faint : colour ? colourOf(colour, value) : strong);
      context.beginPath();
      context.arc(px(x.values[i]), py(y.values[i]), radius, 0, 2 * Math.PI);
      context.fill();
    }
  }
  context.globalAlpha = 1;
}

// How many rows, how many of those that are chosen, and the sum of their colours, by cell
function counted({ box, px, py, x, y, colour, chosen }) {
  const [wide, high] = [Math.ceil(box.width / CELL), Math.ceil(box.height / CELL)];
  const all = new Uint32Array(wide * high);
  const some = new Uint32Array(wide * high);
  const sums = colour ? new Float32Array(wide * high) : null;
  const [x0, y0] = [px(0), py(0)];
  const [dx, dy] = [px(1) - x0, py(1) - y0];
  for (let i = 0; i < chosen.length; i += 1) {
    const column = Math.floor((x0 + dx * x.values[i] - box.left) / CELL);
    const row = Math.floor((y0 + dy * y.values[i] - box.top) / CELL);
    if (!(column >= 0 && column < wide && row >= 0 && row < high)) continue;
    const cell = row * wide + column;
    all[cell] += 1;
    if (!chosen[i] || (colour && Number.isNaN(colour.values[i]))) continue;
    some[cell] += 1;
    if (colour?.names.length) sums[cell] = colour.values[i];
    else if (colour) sums[cell] += colour.values[i];
  }
  return { wide, high, all, some, sums };
}

function density(plot) {
  const { context, box, colour, strong, faint } = plot;
  const { wide, high, all, some, sums } = counted(plot);
  const image = new ImageData(wide, high);
  const most = Math.log1p(all.reduce((a, b) => Math.max(a, b), 1));
  for (let cell = 0; cell < all.length; cell += 1) {
    if (!all[cell]) continue;
    const n = some[cell];
    const value = colour && (colour.names.length ? sums[cell] : sums[cell] / n);
    const [red, green, blue] = n ? (colour ? colourOf(colour, value) : strong) : faint;
    const dense = Math.log1p(n || all[cell]) / most;
    image.data.set([red, green, blue, n ? 110 + 145 * dense : 50 + 80 * dense], 4 * cell);
  }
  const small = new OffscreenCanvas(wide, high);
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, box.left, box.top, wide * CELL, high * CELL);
}

// The row whose point is nearest to a place, within `reach` pixels, or -1
export function nearestRow({ px, py, x, y, box }, place, reach = 8) {
  let [best, found] = [reach * reach, -1];
  if (place.x < box.left || place.y > box.top + box.height) return found;
  for (let i = 0; i < x.values.length; i += 1) {
    const away = (px(x.values[i]) - place.x) ** 2 + (py(y.values[i]) - place.y) ** 2;
    if (away < best) [best, found] = [away, i];
  }
  return found;
}
