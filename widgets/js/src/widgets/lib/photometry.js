// Photometry as typed arrays: one entry per point, NaN where there is no value.
export const NONE = 0;
export const DETECTION = 1;
export const LIMIT = 2;
export const GROUPS = ["filter", "instrument", "origin"]; // what points are grouped by in the legend
const AB_ZERO_POINT = 23.9; // magnitude of 1 µJy
const MAG_PER_RELATIVE_FLUX = 1.0857362;

const COLUMNS = ["mag", "magerr", "limit", "flux", "fluxerr", "validated"];

export const isForced = (origin) => /forced|^fp$/i.test(origin);

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
  const names = (list, other) => codes(list ?? new Array(n).fill(other));
  const [filter, filters] = names(photometry?.filter, "");
  const [instrument, instruments] = names(photometry?.instrument, "");
  const [origin, origins] = names(photometry?.origin, "alert");
  return completed({
    n,
    mjd: Float64Array.from(photometry?.mjd ?? []),
    mag: numbers(photometry?.mag),
    magerr: numbers(photometry?.magerr),
    limit: numbers(photometry?.limiting_mag),
    flux: numbers(photometry?.flux),
    fluxerr: numbers(photometry?.fluxerr),
    validated: numbers(photometry?.validated),
    filter, filters, instrument, instruments, origin, origins,
  });
}

export const typed = (Type, view) =>
  new Type(view ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : new ArrayBuffer(0));

// From the binary buffers of the `data` trait
export function arraysFromBuffers(data) {
  const floats = Object.fromEntries(COLUMNS.map((name) => [name, typed(Float32Array, data[name])]));
  const named = Object.fromEntries(
    GROUPS.flatMap((name) => [[name, typed(Uint16Array, data[name])], [`${name}s`, data[`${name}s`] ?? []]]),
  );
  return completed({
    n: data.n ?? 0,
    key: data.key,
    first: data.first ?? null,
    mjd: typed(Float64Array, data.mjd),
    ...floats,
    ...named,
    count: data.count ? typed(Uint32Array, data.count) : null,
    bin: data.bin ? typed(Int32Array, data.bin) : null,
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
    fluxes.error[i] = measured ? fluxerr[i] : (fluxes.y[i] * magerr[i]) / MAG_PER_RELATIVE_FLUX;
  }
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => mjd[a] - mjd[b]);
  const forced = Uint8Array.from(arrays.origins, (name) => (isForced(name) ? 1 : 0));
  return { ...arrays, magnitude, fluxes, forced, order, sorted: Float64Array.from(order, (i) => mjd[i]) };
}

// Points that were given, by the points that are drawn of them, and the other way round: they differ when binned.
export function givenOf(arrays, drawn) {
  if (!arrays.bin) return drawn;
  const wanted = new Set(drawn);
  return Array.from(arrays.bin.keys()).filter((i) => wanted.has(arrays.bin[i]));
}

export function drawnOf(arrays, given) {
  if (!arrays.bin) return given;
  return [...new Set(given.map((i) => arrays.bin[i]))].filter((i) => i >= 0);
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
