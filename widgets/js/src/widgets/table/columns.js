// Column definitions of RecordTable → columns of Tabulator: formatting, sorting with missing values last, filters.
import { h } from "../lib/dom.js";
import { fixed, given, MISSING } from "../lib/format.js";

const NUMERIC = new Set(["number", "integer"]);

const ISO = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d).*$/;

export const isNumeric = (column) => NUMERIC.has(column.kind);
export const isImages = (column) => column.kind === "images";
const isMissing = (value) => value === null || value === undefined || value === "";

export function shownText(value, column) {
  if (isMissing(value)) return MISSING;
  if (column.kind === "number" && given(value)) return column.digits === null || column.digits === undefined ? String(value) : fixed(value, column.digits);
  if (column.kind === "time") return String(value).replace(ISO, "$1 $2");
  if (column.kind === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.join(", ") || MISSING;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// "?view=source&object_id={object_id}" with the row's values; only addresses of http(s) and of this page.
export function linkOf(template, row) {
  const address = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(row[name] ?? ""));
  const { protocol } = new URL(address, window.location.href);
  return protocol === "http:" || protocol === "https:" ? address : null;
}

export function compare(a, b, numeric) {
  if (numeric) return Number(a) - Number(b);
  return String(a).localeCompare(String(b), undefined, { numeric: true, sensitivity: "base" });
}

// Missing values come last in both directions.
function sorter(column) {
  return (a, b, rowA, rowB, tabulatorColumn, direction) => {
    if (isMissing(a) || isMissing(b)) return (isMissing(a) - isMissing(b)) * (direction === "asc" ? 1 : -1);
    return compare(a, b, isNumeric(column));
  };
}

const RANGE = /^\s*(-?[\d.]+)?\s*\.\.\s*(-?[\d.]+)?\s*$/;
const COMPARED = /^\s*(<=|>=|<|>|=)\s*(-?[\d.]+(?:e-?\d+)?)\s*$/i;
const OPERATIONS = {
  "<": (value, limit) => value < limit, ">": (value, limit) => value > limit, "=": (value, limit) => value === limit,
  "<=": (value, limit) => value <= limit, ">=": (value, limit) => value >= limit,
};

// What may be typed above a column: "< 19", "18..19.5", "= 3" for numbers, any part of the text for all
export function matches(wanted, value, column) {
  if (isMissing(wanted)) return true;
  if (isNumeric(column)) {
    const compared = COMPARED.exec(wanted);
    if (compared) return given(value) && OPERATIONS[compared[1]](Number(value), Number(compared[2]));
    const range = RANGE.exec(wanted);
    if (range) return given(value) && Number(value) >= Number(range[1] ?? -Infinity) && Number(value) <= Number(range[2] ?? Infinity);
  }
  return shownText(value, column).toLowerCase().includes(String(wanted).toLowerCase());
}

function formatter(column) {
  return (cell) => {
    const text = shownText(cell.getValue(), column);
    const address = column.link && text !== MISSING ? linkOf(column.link, cell.getData()) : null;
    return address ? h("a", { href: address }, text) : document.createTextNode(text);
  };
}

export function tabulatorColumn(column) {
  const unit = column.unit ? ` (${column.unit})` : "";
  return {
    field: column.field,
    title: `${column.title}${unit}`,
    titleFormatter: () => h("span", { title: column.description || null }, column.title, unit ? h("small", {}, unit) : null),
    hozAlign: isNumeric(column) ? "right" : "left",
    headerHozAlign: isNumeric(column) ? "right" : "left",
    cssClass: isNumeric(column) ? "skyhub-numeric" : "",
    visible: !column.hidden,
    resizable: "header",
    sorter: sorter(column),
    formatter: formatter(column),
    headerFilter: "input",
    headerFilterPlaceholder: isNumeric(column) ? "< > .." : "",
    headerFilterLiveFilter: true,
    headerFilterFunc: (wanted, value) => matches(wanted, value, column),
    headerFilterParams: { elementAttributes: { "aria-label": `Filter ${column.title}` } },
  };
}
