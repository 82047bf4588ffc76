// Numbers and times as astronomers write them. Missing values are an em dash.
export const MISSING = "—";
export const MJD_OF_UNIX_EPOCH = 40587;
const DAY_MS = 86400000;

export const given = (value) => value !== null && value !== undefined && Number.isFinite(Number(value));

export function fixed(value, digits) {
  return given(value) ? Number(value).toFixed(digits).replace("-", "−") : MISSING;
}

// UTC of a modified Julian date, to the second: 2026-11-22 03:14:15
export function utcOfMjd(mjd) {
  if (!given(mjd)) return MISSING;
  return utc(new Date((mjd - MJD_OF_UNIX_EPOCH) * DAY_MS));
}

export function utc(date) {
  return date.toISOString().slice(0, 19).replace("T", " ");
}

export function nowMjd() {
  return Date.now() / DAY_MS + MJD_OF_UNIX_EPOCH;
}

// 03:14 for an ISO time of today, else with the date
export function shortTime(iso, now = new Date()) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return MISSING;
  const text = utc(date);
  return text.slice(0, 10) === utc(now).slice(0, 10) ? text.slice(11, 16) : text.slice(5, 16);
}

export function duration(days) {
  if (!given(days)) return MISSING;
  if (Math.abs(days) < 1) return `${fixed(days * 24, 1)} h`;
  return Math.abs(days) < 100 ? `${fixed(days, 1)} d` : `${fixed(days, 0)} d`;
}

// Four significant digits without exponents for everyday sizes
export function significant(value, digits = 4) {
  if (!given(value)) return MISSING;
  const number = Number(value);
  const size = Math.abs(number);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return number.toExponential(digits - 1);
  const rounded = Number(number.toPrecision(digits));
  const text = Number.isInteger(rounded) && !Number.isInteger(number) ? number.toPrecision(digits) : String(rounded);
  return text.replace("-", "−");
}

export function valueText(value) {
  if (value === null || value === undefined) return MISSING;
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : significant(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
