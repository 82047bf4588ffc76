// What may follow what has been typed: tables, columns (those of the tables in the statement first), words, functions.
const WORDS = [
  "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "JOIN", "LEFT JOIN", "ASOF JOIN", "USING", "ON", "AS", "AND", "OR", "NOT", "IN",
  "BETWEEN", "LIKE", "IS NULL", "IS NOT NULL", "DISTINCT", "HAVING", "QUALIFY", "UNION ALL", "WITH", "CASE", "WHEN", "THEN", "ELSE", "END",
  "DESC", "ASC", "DESCRIBE", "SUMMARIZE", "EXCLUDE", "OVER", "PARTITION BY",
];
const FUNCTIONS = [
  "count", "sum", "avg", "min", "max", "median", "stddev", "quantile_cont", "arg_min", "arg_max", "list", "first", "last", "row_number", "rank", "lag",
  "lead", "abs", "sqrt", "log10", "ln", "exp", "pow", "sin", "cos", "radians", "degrees", "round", "coalesce", "greatest", "least", "isfinite",
  "date_trunc", "now", "epoch", "strftime", "json_extract_string", "regexp_matches", "starts_with", "contains", "length", "lower", "upper", "corr",
  "regr_slope", "histogram", "approx_quantile",
];
const MOST = 12;

export const nameOf = (table) => table.sql ?? table.name;

// The word that ends at the caret, with the qualifier before it: "p.ma" → {word: "ma", qualifier: "p"}
export function wordAt(text, caret) {
  const match = /(?:("?[\w"]+"?)\.)?(\w*)$/.exec(text.slice(0, caret));
  return { word: match[2], qualifier: match[1] ?? "", start: caret - match[2].length };
}

function mentioned(text, tables) {
  const words = new Set(text.toLowerCase().match(/\w+/g) ?? []);
  return tables.filter((table) => words.has(table.name.toLowerCase()));
}

// "photometry p", "photometry AS p" and "photometry" itself: the table that a qualifier stands for
function meant(qualifier, text, tables) {
  const alias = qualifier.toLowerCase();
  return tables.filter(({ name }) => name.toLowerCase() === alias || new RegExp(`\\b${name}\\s+(?:as\\s+)?${alias}\\b`, "i").test(text));
}

export function completions(text, caret, tables) {
  const { word, qualifier, start } = wordAt(text, caret);
  const wanted = word.toLowerCase();
  const columns = (some) => some.flatMap((table) => table.columns.map((column) => ({ text: column.name, kind: "column", of: table.name, about: column.description ?? "" })));
  let found;
  if (qualifier) {
    found = columns(meant(qualifier, text, tables));
  } else if (!wanted) {
    found = columns(mentioned(text, tables));
  } else {
    const here = mentioned(text, tables);
    found = [
      ...columns(here),
      ...tables.map((table) => ({ text: nameOf(table), kind: "table", of: "", about: table.description })),
      ...WORDS.map((name) => ({ text: name, kind: "word", of: "", about: "" })),
      ...FUNCTIONS.map((name) => ({ text: `${name}(`, kind: "function", of: "", about: "" })),
      ...columns(tables.filter((table) => !here.includes(table))),
    ];
  }
  const seen = new Set();
  const fitting = found.filter(({ text: name }) => name.toLowerCase().startsWith(wanted) && name.toLowerCase() !== wanted);
  const unique = fitting.filter(({ text: name }) => !seen.has(name) && seen.add(name));
  return { start, items: unique.slice(0, MOST) };
}
