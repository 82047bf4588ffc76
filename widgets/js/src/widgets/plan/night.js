// A plan as columns, from what Python packs.
import { typed } from "../lib/photometry.js";

const doubles = (view) => typed(Float64Array, view);
const singles = (view) => typed(Float32Array, view);

export function nightOf(data) {
  const { nights, fields, filters, lanes, colours, bands, bound, limit } = data;
  const start = doubles(data.start);
  return {
    nights, fields, filters, colours, bands, bound, limit, start, n: start.length,
    end: doubles(data.end), airmass: singles(data.airmass), probability: singles(data.probability),
    mjd: doubles(data.mjd), moon: singles(data.moon), lane: lanes.map((name) => bands.findIndex((band) => band.name === name)),
    // How the probability grows, of all and then of each telescope; the sites of several telescopes, by their lanes
    growths: data.growths.map((each) => ({ ...each, end: doubles(each.end), probability: singles(each.probability) })),
    sites: data.sites.map((each) => ({ ...each, mjd: doubles(each.mjd), moon: singles(each.moon) })),
  };
}
