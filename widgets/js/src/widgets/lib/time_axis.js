// The time axes of a light curve. All but the phase are the same line, MJD, with other numbers written at it, so that a
// zoom outlasts the change from one to another.
import { calendarTicks } from "./calendar.js";
import { fixed, significant } from "./format.js";
import { ticks } from "./scales.js";

// What can be chosen: name, words, and what of {t0, redshift, period} it needs
export const TIME_AXES = [
  { name: "mjd", text: "MJD" },
  { name: "utc", text: "UT date" },
  { name: "days_ago", text: "days ago" },
  { name: "days", text: "days since t₀" },
  { name: "rest_days", text: "rest-frame days since t₀", needs: "redshift" },
  { name: "phase", text: "phase", needs: "period" },
];

const straight = (title, zero, stretch) => ({
  folded: false,
  title,
  // of the labels: value = (mjd - zero) / stretch, which runs backwards where the stretch is negative
  ticks: (low, high, count) =>
    ticks((low - zero) / stretch, (high - zero) / stretch, count).map(({ value, text }) => ({ value: zero + value * stretch, text })),
  text: (mjd) => `${fixed((mjd - zero) / stretch, 3)} ${title}`,
});

export function phaseOf(mjd, period, epoch) {
  const phase = (((mjd - epoch) / period) % 1 + 1) % 1;
  return phase < 1 ? phase : 0;
}

const folded = ({ period, epoch, cycles }) => ({
  folded: true,
  cycles,
  title: `phase (period ${significant(period, 8)} d, epoch MJD ${fixed(epoch, 4)})`,
  phase: (mjd) => phaseOf(mjd, period, epoch),
  key: `${period} ${epoch} ${cycles}`,
  ticks,
  text: (mjd) => `phase ${fixed(phaseOf(mjd, period, epoch), 4)}`,
});

// options: xAxis, t0 (MJD), t0Name, now (MJD), redshift, period, epoch, cycles
export function timeAxis(options) {
  const { xAxis, t0, t0Name, now, redshift } = options;
  const since = `since ${t0Name ?? `MJD ${fixed(t0, 2)}`}`;
  if (xAxis === "phase") return folded(options);
  if (xAxis === "days_ago") return straight("days ago", now, -1);
  if (xAxis === "days") return straight(`days ${since}`, t0, 1);
  if (xAxis === "rest_days") return straight(`rest-frame days ${since} (z = ${significant(redshift)})`, t0, 1 + redshift);
  if (xAxis === "utc") return { ...straight("UT date", 0, 1), ticks: calendarTicks };
  return straight("MJD (UTC)", 0, 1);
}

// Where the points lie along the axis: `x` ascending, and which point is at each place.
export function placesOf(arrays, axis) {
  if (!axis.folded) return { x: arrays.sorted, point: arrays.order };
  const { n, mjd } = arrays;
  const phases = Float64Array.from(mjd, axis.phase);
  const once = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => phases[a] - phases[b]);
  const x = new Float64Array(n * axis.cycles);
  const point = new Uint32Array(n * axis.cycles);
  for (let cycle = 0; cycle < axis.cycles; cycle += 1) {
    point.set(once, cycle * n);
    for (let k = 0; k < n; k += 1) x[cycle * n + k] = phases[once[k]] + cycle;
  }
  return { x, point };
}
