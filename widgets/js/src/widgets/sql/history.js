// The statements that ran, kept by this browser, newest first.
import { h, readStored, store } from "../lib/dom.js";

const KEY = "skyhub-sql-history";
const MOST = 50;

export const remembered = () => {
  const kept = readStored(KEY);
  return Array.isArray(kept) ? kept : [];
};

export function remember(statement, outcome) {
  const text = statement.trim();
  if (!text) return;
  const rest = remembered().filter((entry) => entry.statement !== text);
  store(KEY, [{ statement: text, outcome, at: new Date().toISOString() }, ...rest].slice(0, MOST));
}

export function historyList(choose) {
  const entries = remembered();
  if (entries.length === 0) return [h("p", {}, "Statements that you run are listed here.")];
  return entries.map((entry) => h("button", { type: "button", class: "skyhub-sql-entry", title: entry.statement, on: { click: () => choose(entry.statement) } },
    h("code", {}, entry.statement.replace(/\s+/g, " ")), h("small", {}, `${entry.at.slice(0, 16).replace("T", " ")} · ${entry.outcome}`)));
}
