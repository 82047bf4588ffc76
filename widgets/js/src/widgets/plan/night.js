// A plan as columns, from what Python packs.
const doubles = (view) => new Float64Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
const singles = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

export function nightOf(data) {
  const { nights, fields, filters, colours, bands, bound, limit } = data;
  const start = doubles(data.start);
  return {
    nights, fields, filters, colours, bands, bound, limit, start, n: start.length,
    end: doubles(data.end), airmass: singles(data.airmass), probability: singles(data.probability),
    mjd: doubles(data.mjd), moon: singles(data.moon), lane: filters.map((name) => bands.findIndex((band) => band.name === name)),
  };
}
