// A plan as columns, from what Python packs.
import { typed } from "../lib/photometry.js";

const doubles = (view) => typed(Float64Array, view);
const singles = (view) => typed(Float32Array, view);

export function nightOf(data) {
  const { nights, fields, filters, colours, bands, bound, limit } = data;
  const start = doubles(data.start);
  return {
    nights, fields, filters, colours, bands, bound, limit, start, n: start.length,
    end: doubles(data.end), airmass: singles(data.airmass), probability: singles(data.probability),
    mjd: doubles(data.mjd), moon: singles(data.moon), lane: filters.map((name) => bands.findIndex((band) => band.name === name)),
  };
}
