// Photometry as typed arrays: one entry per point, NaN where there is no value.
export const NONE = 0;
export const DETECTION = 1;
export const LIMIT = 2;
const AB_ZERO_POINT = 23.9; // magnitude of 1 µJy

const COLUMNS = ["mag", "magerr", "limit", "flux", "fluxerr"];

function codes(values) {
  const names = [];
  const byName = new Map();
  const array = Uint16Array.from(values, (value) => {
    const name = String(value ?? "");
    if (!byName.has(name)) byName.set(name, names.push(name) - 1);
    return byName.get(name);
  });
  return [array, names];
}

// From the lists of a card: {mjd, filter, mag, magerr, limiting_mag, flux, fluxerr, origin}
export function arraysFromLists(photometry) {
  const n = photometry?.mjd?.length ?? 0;
  const numbers = (list) => Float32Array.from({ length: n }, (_, i) => list?.[i] ?? NaN);
  const [filter, filters] = codes(photometry?.filter ?? []);
  const [origin, origins] = codes(photometry?.origin ?? new Array(n).fill("alert"));
  return completed({
    n,
    mjd: Float64Array.from(photometry?.mjd ?? []),
    mag: numbers(photometry?.mag),
    magerr: numbers(photometry?.magerr),
    limit: numbers(photometry?.limiting_mag),
    flux: numbers(photometry?.flux),
    fluxerr: numbers(photometry?.fluxerr),
    filter, filters, origin, origins,
  });
}

const typed = (Type, view) =>
  new Type(view ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : new ArrayBuffer(0));

// From the binary buffers of the `data` trait
export function arraysFromBuffers(data) {
  const floats = Object.fromEntries(COLUMNS.map((name) => [name, typed(Float32Array, data[name])]));
  return completed({
    n: data.n ?? 0,
    mjd: typed(Float64Array, data.mjd),
    ...floats,
    filter: typed(Uint16Array, data.filter),
    filters: data.filters ?? [],
    origin: typed(Uint16Array, data.origin),
    origins: data.origins ?? [],
  });
}

const fluxOf = (mag) => 10 ** ((AB_ZERO_POINT - mag) / 2.5);

// Adds what is drawn in each axis, and the order in time.
function completed(arrays) {
  const { n, mag, magerr, limit, flux, fluxerr, mjd } = arrays;
  const magnitude = { y: new Float32Array(n), error: magerr, kind: new Uint8Array(n) };
  const fluxes = { y: new Float32Array(n), error: new Float32Array(n), kind: new Uint8Array(n) };
  for (let i = 0; i < n; i += 1) {
    magnitude.kind[i] = !Number.isNaN(mag[i]) ? DETECTION : !Number.isNaN(limit[i]) ? LIMIT : NONE;
    magnitude.y[i] = magnitude.kind[i] === DETECTION ? mag[i] : limit[i];
    const measured = !Number.isNaN(flux[i]);
    fluxes.kind[i] = measured ? DETECTION : magnitude.kind[i];
    fluxes.y[i] = measured ? flux[i] : fluxOf(magnitude.y[i]);
    fluxes.error[i] = measured ? fluxerr[i] : (fluxes.y[i] * magerr[i]) / 1.0857362;
  }
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => mjd[a] - mjd[b]);
  return { ...arrays, magnitude, fluxes, order, sorted: Float64Array.from(order, (i) => mjd[i]) };
}

export function lowerBound(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function summary(arrays) {
  let detections = 0;
  let limits = 0;
  for (const kind of arrays.magnitude.kind) {
    detections += kind === DETECTION;
    limits += kind === LIMIT;
  }
  return { detections, limits };
}
