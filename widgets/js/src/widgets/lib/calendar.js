// Ticks at whole hours, days, months and years of the UT calendar.
import { MJD_OF_UNIX_EPOCH, utcOfMjd } from "./format.js";

const DAY_STEPS = [1 / 24, 3 / 24, 6 / 24, 12 / 24, 1, 2, 5, 10];
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240];
const DAYS_PER_MONTH = 30.44;
const DAY_MS = 86400000;

const mjdOfMonth = (month) => Date.UTC(Math.floor(month / 12), month % 12) / DAY_MS + MJD_OF_UNIX_EPOCH;

function monthOf(mjd) {
  const date = new Date((mjd - MJD_OF_UNIX_EPOCH) * DAY_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

export function calendarTicks(low, high, count) {
  const apart = (high - low) / Math.max(1, count);
  const days = DAY_STEPS.find((step) => step >= apart);
  return days ? dayTicks(low, high, days) : monthTicks(low, high, apart);
}

function dayTicks(low, high, step) {
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high; k += 1) {
    const text = utcOfMjd(Math.round(k * step * 24) / 24);
    found.push({ value: k * step, text: step < 1 ? text.slice(5, 16) : text.slice(0, 10) });
  }
  return found;
}

function monthTicks(low, high, apart) {
  const step = MONTH_STEPS.find((months) => months * DAYS_PER_MONTH >= apart) ?? MONTH_STEPS.at(-1);
  const found = [];
  for (let month = Math.ceil(monthOf(low) / step) * step; mjdOfMonth(month) <= high; month += step) {
    const value = mjdOfMonth(month);
    if (value >= low) found.push({ value, text: utcOfMjd(value).slice(0, step < 12 ? 7 : 4) });
  }
  return found;
}
