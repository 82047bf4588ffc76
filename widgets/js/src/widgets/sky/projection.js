// The Mollweide projection (Snyder 1987, p. 249): x from −2 to 2, growing to the west, y from −1 to 1.
const DEGREE = Math.PI / 180;
const ROUNDS = 25;
const SEAM = 1.5; // a line that jumps by more than this leaves the map on one side and comes back on the other

function angle(lat) {
  const wanted = Math.PI * Math.sin(lat * DEGREE);
  let theta = lat * DEGREE;
  for (let round = 0; round < ROUNDS; round += 1) {
    const step = (2 * theta + Math.sin(2 * theta) - wanted) / Math.max(2 + 2 * Math.cos(2 * theta), 1e-12);
    theta = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, theta - step));
    if (Math.abs(step) < 1e-9) break;
  }
  return theta;
}

// Interleaved x, y of positions (deg).
export function project(lon, lat, centre) {
  const plane = new Float32Array(2 * lon.length);
  for (let i = 0; i < lon.length; i += 1) {
    const away = ((((lon[i] - centre + 180) % 360) + 360) % 360) - 180;
    const theta = angle(lat[i]);
    plane[2 * i] = (-2 * away * Math.cos(theta)) / 180;
    plane[2 * i + 1] = Math.sin(theta);
  }
  return plane;
}

export const isSeam = (plane, i) => Math.abs(plane[2 * i] - plane[2 * i - 2]) > SEAM;

// Longitude and latitude (deg) of a point of the plane; null outside of the map.
export function unproject(x, y, centre) {
  if ((x / 2) ** 2 + y ** 2 > 1) return null;
  const theta = Math.asin(y);
  const lat = Math.asin(Math.max(-1, Math.min(1, (2 * theta + Math.sin(2 * theta)) / Math.PI))) / DEGREE;
  const away = Math.cos(theta) < 1e-6 ? 0 : (-90 * x) / Math.cos(theta);
  return { lon: (((centre + away) % 360) + 360) % 360, lat };
}
