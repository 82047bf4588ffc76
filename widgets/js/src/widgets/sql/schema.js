// The tables that may be named: columns with types, units and meaning; a click puts a name, or the example, into the editor.
import { h } from "../lib/dom.js";
import { nameOf } from "./complete.js";

function columnItem(column, choose) {
  const unit = column.unit ? ` (${column.unit})` : "";
  return h("li", {}, h("button", { type: "button", title: column.description || column.name, on: { click: () => choose(column.name) } },
    h("span", {}, column.name), h("small", {}, `${column.type.toLowerCase()}${unit}`)));
}

function tableItem(table, open, { insert, example }) {
  const name = nameOf(table);
  const about = table.owner ? `${table.n_rows.toLocaleString("en")} rows, version ${table.version}. ${table.description}` : table.description;
  const statement = table.example ?? `SELECT * FROM ${name} LIMIT 10`;
  return h("details", { class: "skyhub-sql-table", open }, h("summary", {}, name),
    h("p", {}, about),
    h("p", {}, h("button", { type: "button", class: "skyhub-tool", title: statement, on: { click: () => example(statement) } }, "example"),
      h("button", { type: "button", class: "skyhub-tool", title: `Put ${name} into the editor`, on: { click: () => insert(name) } }, "insert name")),
    h("ul", {}, ...table.columns.map((column) => columnItem(column, insert))));
}

const fits = (text, wanted) => text.toLowerCase().includes(wanted);

export class Schema {
  constructor(model, actions) {
    this.model = model;
    this.actions = actions;
    this.search = h("input", { type: "search", placeholder: "find a table or column", "aria-label": "Find a table or column", on: { input: () => this.draw() } });
    this.list = h("div", { class: "skyhub-sql-tables" });
    this.element = h("details", { class: "skyhub-sql-schema", open: window.innerWidth >= 760 }, h("summary", {}, "Tables"), this.search, this.list);
  }

  draw() {
    const wanted = this.search.value.trim().toLowerCase();
    const tables = this.model.get("tables").filter((table) => fits(nameOf(table), wanted) || table.columns.some((column) => fits(column.name, wanted)));
    const own = tables.filter((table) => table.owner);
    const platform = tables.filter((table) => !table.owner);
    const open = wanted !== "" && tables.length <= 3;
    this.list.replaceChildren(
      ...(own.length ? [h("h3", {}, "Kept by users"), ...own.map((table) => tableItem(table, open, this.actions)), h("h3", {}, "Platform")] : []),
      ...platform.map((table) => tableItem(table, open, this.actions)),
      ...(tables.length ? [] : [h("p", {}, "No table or column has this in its name.")]));
  }
}
