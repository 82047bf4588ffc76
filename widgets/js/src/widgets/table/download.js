// What is shown, as a file: CSV (RFC 4180) or JSON. Values are the data's own, not their rounded text.
function field(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv(rows, columns) {
  const head = columns.map((column) => field(column.field)).join(",");
  const lines = rows.map((row) => columns.map((column) => field(row[column.field])).join(","));
  return `${[head, ...lines].join("\r\n")}\r\n`;
}

export function toJson(rows, columns) {
  return JSON.stringify(rows.map((row) => Object.fromEntries(columns.map(({ field: name }) => [name, row[name] ?? null]))), null, 1);
}
