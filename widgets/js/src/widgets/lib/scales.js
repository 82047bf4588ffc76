// Linear axes: ranges with a margin and ticks at round numbers.
export function niceStep(span, count) {
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) * power;
  return { step, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

export function ticks(low, high, count) {
  const span = Math.abs(high - low);
  if (!(span > 0)) return [];
  const { step, digits } = niceStep(span, count);
  const [start, end] = low < high ? [low, high] : [high, low];
  const found = [];
  for (let k = Math.ceil(start / step - 1e-9); k * step <= end + step * 1e-9; k += 1) {
    found.push({ value: k * step, text: (k * step).toFixed(Math.min(digits, 8)).replace("-", "−").replace(/^−0(\.0*)?$/, "0") });
  }
  return found;
}

export function padded(low, high, fraction, minimum) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const missing = Math.max(0, minimum - (high - low)) / 2;
  const margin = Math.max(high - low, minimum) * fraction;
  return [low - missing - margin, high + missing + margin];
}
