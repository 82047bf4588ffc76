// One view of a RecordTable: the tool bar (search, columns, downloads) around a Tabulator table.
import { EditModule, FilterModule, FormatModule, InteractionModule, PageModule, ResizeColumnsModule, SelectRowModule, SortModule, Tabulator } from "tabulator-tables";
import { announcer, h, hearModel, readStored, store } from "../lib/dom.js";
import { isImages, shownText, tabulatorColumn } from "./columns.js";
import { saveFile } from "../lib/save.js";
import { toCsv, toJson } from "./download.js";
import { RowImages } from "./images.js";

const PAGE_SIZES = [10, 25, 50, 100];

export class TableView {
  constructor(model, el) {
    Tabulator.registerModule([EditModule, FilterModule, FormatModule, InteractionModule, PageModule, ResizeColumnsModule, SelectRowModule, SortModule]);
    this.model = model;
    this.images = new RowImages((ids) => model.send({ type: "images", ids }));
    this.#build(el);
    const handlers = {
      "msg:custom": (message) => message.type === "images" && this.images.show(message.images, this.place),
      "change:rows": () => this.#setRows(),
      "change:columns": () => this.#create(),
      "change:empty_text": () => this.#create(),
      "change:title": () => this.#caption(),
    };
    const unhear = hearModel(model, handlers);
    this.#create();
    this.#caption();
    const observer = new ResizeObserver(() => this.#resized());
    observer.observe(this.place);
    this.close = () => {
      observer.disconnect();
      this.images.close();
      unhear();
      document.removeEventListener("pointerdown", this.outside, true);
      this.table.destroy();
      this.root.remove();
    };
  }

  get memory() {
    return `skyhub-table:${this.model.get("table_key")}`;
  }

  get columns() {
    return this.model.get("columns");
  }

  #build(el) {
    const button = (text, label, click) => h("button", { type: "button", class: "skyhub-tool", title: label, on: { click } }, text);
    this.title = h("h2", { class: "skyhub-table-title" });
    this.search = h("input", { type: "search", class: "skyhub-table-search", placeholder: "filter all columns", "aria-label": "Filter all columns", on: { input: () => this.#filter() } });
    this.count = h("span", { class: "skyhub-table-count", role: "status" });
    this.picker = h("div", { class: "skyhub-table-picker", role: "group", "aria-label": "Columns shown", hidden: true });
    this.pick = button("columns", "Show and hide columns", () => this.#togglePicker());
    this.pick.setAttribute("aria-expanded", "false");
    const tools = h("span", { class: "skyhub-table-tools" }, this.pick, this.picker,
      button("clear filters", "Show every row again", () => this.#clear()),
      button("CSV", "Download what is shown as CSV", () => this.#download("csv")),
      button("JSON", "Download what is shown as JSON", () => this.#download("json")));
    this.place = h("div", { class: "skyhub-table-place" });
    this.live = announcer();
    this.root = h("section", { class: "skyhub-table" }, h("div", { class: "skyhub-table-bar" }, this.title, this.search, this.count, tools), this.place, this.live);
    this.root.addEventListener("keydown", (event) => this.#key(event));
    // Tabulator hears keys only; pasted and dropped text counts as well.
    this.place.addEventListener("input", (event) => event.target.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true })));
    this.outside = (event) => !this.picker.hidden && !tools.contains(event.target) && this.#togglePicker(false);
    document.addEventListener("pointerdown", this.outside, true);
    el.append(this.root);
  }

  #create() {
    this.table?.destroy();
    const holder = h("div", {});
    this.place.replaceChildren(holder);
    this.ready = this.stale = false;
    const table = new Tabulator(holder, {
      data: structuredClone(this.model.get("rows")),
      index: this.model.get("id_field"),
      columns: [...this.#marks(), ...this.#remembered().map((column) => this.#column(column))],
      selectableRows: false,
      layout: "fitDataFill",
      renderVertical: "basic",
      nestedFieldSeparator: false,
      placeholder: this.model.get("empty_text"),
      pagination: true,
      paginationSize: readStored(this.memory)?.size ?? this.model.get("page_size"),
      paginationSizeSelector: PAGE_SIZES,
      rowFormatter: (row) => this.#dressRow(row.getElement()),
    });
    this.table = table;
    table.on("tableBuilt", () => {
      if (table !== this.table) return; // Tabulator builds what was destroyed before it was built
      this.ready = true;
      this.width = this.place.clientWidth;
      for (const header of holder.querySelectorAll(".tabulator-col[tabulator-field]")) header.tabIndex = 0;
      if (this.stale) this.#setRows();
      else this.#filter();
    });
    table.on("rowSelectionChanged", (data) => this.#marked(data));
    table.on("dataFiltered", (filters, rows) => this.#counted(rows.length));
    table.on("rowClick", (event, row) => !event.target.closest("a, input") && this.#clicked(row.getData()));
    table.on("pageSizeChanged", (size) => store(this.memory, { ...readStored(this.memory), size }));
    this.#fillPicker();
  }

  // Images are neither sorted nor filtered by
  #column(column) {
    const made = tabulatorColumn(column);
    if (!isImages(column)) return made;
    const id = this.model.get("id_field");
    return { ...made, headerSort: false, headerFilter: undefined, formatter: (cell) => this.images.place(String(cell.getData()[id])) };
  }

  // A column to mark rows in, of this page or one by one
  #marks() {
    if (!this.model.get("selectable")) return [];
    const box = { formatter: "rowSelection", titleFormatter: "rowSelection", titleFormatterParams: { rowRange: "active" } };
    return [{ ...box, title: "", headerSort: false, resizable: false, hozAlign: "center", headerHozAlign: "center", width: 36, cellClick: (event) => event.stopPropagation() }];
  }

  #marked(rows) {
    this.model.set("selected", rows.map((row) => String(row[this.model.get("id_field")])));
    this.model.save_changes();
  }

  #dressRow(element) {
    element.tabIndex = 0;
    element.setAttribute("role", "row");
  }

  // The definitions with what this browser remembers of hidden columns
  #remembered() {
    const hidden = readStored(this.memory)?.hidden;
    if (!hidden) return this.columns;
    return this.columns.map((column) => ({ ...column, hidden: hidden.includes(column.field) }));
  }

  #setRows() {
    this.stale = !this.ready;
    if (this.ready) this.table.replaceData(structuredClone(this.model.get("rows"))).then(() => this.#filter());
  }

  // Tabulator draws no rows while it is hidden, and measures none
  #resized() {
    const width = this.place.clientWidth;
    if (!this.ready || width === this.width) return;
    this.width = width;
    if (width > 0) this.table.redraw();
  }

  #caption() {
    this.title.textContent = this.model.get("title");
    this.title.hidden = !this.model.get("title");
  }

  #filter() {
    if (!this.ready) return;
    const wanted = this.search.value.trim().toLowerCase();
    const shown = this.columns;
    this.table.setFilter((row) => !wanted || shown.some((column) => shownText(row[column.field], column).toLowerCase().includes(wanted)));
  }

  #clear() {
    this.search.value = "";
    this.table.clearHeaderFilter();
    this.#filter();
  }

  #counted(found) {
    const all = this.model.get("rows").length;
    const rows = all === 1 ? "1 row" : `${all} rows`;
    this.count.textContent = found === all ? rows : `${found} of ${rows}`;
  }

  #clicked(row) {
    this.model.send({ type: "clicked", id: String(row[this.model.get("id_field")]) });
  }

  #togglePicker(open = this.picker.hidden) {
    this.picker.hidden = !open;
    this.pick.setAttribute("aria-expanded", String(open));
    if (open) this.picker.querySelector("input")?.focus();
  }

  #fillPicker() {
    const boxes = this.#remembered().map((column) => {
      const box = h("input", { type: "checkbox", on: { change: () => this.#showColumn(column.field, box.checked) } });
      box.checked = !column.hidden;
      return h("label", {}, box, column.title);
    });
    this.picker.replaceChildren(...boxes);
  }

  #showColumn(name, shown) {
    if (shown) this.table.showColumn(name);
    else this.table.hideColumn(name);
    const hidden = this.#shownColumns(false).map((column) => column.field);
    store(this.memory, { ...readStored(this.memory), hidden });
  }

  #shownColumns(shown = true) {
    return this.columns.filter((column) => this.table.getColumn(column.field).isVisible() === shown);
  }

  #download(form) {
    const rows = this.table.getData("active");
    const columns = this.#shownColumns().filter((column) => !isImages(column));
    const name = `${this.model.get("table_key").replace(/[^\w.-]+/g, "_") || "table"}.${form}`;
    if (form === "csv") saveFile(name, toCsv(rows, columns), "text/csv;charset=utf-8");
    else saveFile(name, toJson(rows, columns), "application/json");
    this.live.textContent = `${rows.length} rows downloaded as ${form.toUpperCase()}`;
  }

  #sortBy(header) {
    const direction = header.getAttribute("aria-sort") === "ascending" ? "desc" : "asc";
    this.table.setSort(header.getAttribute("tabulator-field"), direction);
  }

  // Headers: Enter sorts. Rows: arrows move, Enter opens, x marks. Escape closes the column list.
  #key(event) {
    if (event.key === "Escape" && !this.picker.hidden) {
      this.#togglePicker(false);
      this.pick.focus();
      return;
    }
    if (event.key === "Enter" && event.target.matches?.(".tabulator-col[tabulator-field]")) {
      this.#sortBy(event.target);
      return;
    }
    const row = event.target.closest?.(".tabulator-row");
    if (!row || event.target !== row) return;
    const moves = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling };
    const box = row.querySelector("input[type=checkbox]");
    if (event.key in moves) moves[event.key]?.focus();
    else if (event.key === "x" && box) box.click();
    else if (event.key === "Enter") row.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
