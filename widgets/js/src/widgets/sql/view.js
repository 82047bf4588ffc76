// One view of the workbench: schema, editor, tools, status.
import { announcer, copyText, h, hearModel } from "../lib/dom.js";
import { Editor } from "./editor.js";
import { historyList, remember } from "./history.js";
import { Schema } from "./schema.js";

const thousands = (number) => number.toLocaleString("en");

export function asPython(statement, asOf) {
  const quoted = statement.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"').replace(/"$/, '\\"');
  const time = asOf ? `, as_of=datetime.fromisoformat(${JSON.stringify(asOf)})` : "";
  const imports = asOf ? "from datetime import datetime\n\n" : "";
  return `${imports}sky.sql("""\n${quoted}\n"""${time})`;
}

export function outcome(status) {
  const shown = status.shown < status.rows ? `, the first ${thousands(status.shown)} shown` : "";
  const cut = status.truncated ? ", more were left out" : "";
  return `${thousands(status.rows)} ${status.rows === 1 ? "row" : "rows"}${cut}${shown} · ${status.seconds.toFixed(3)} s · ${thousands(status.rows_read)} rows read`;
}

export class Workbench {
  constructor(model, el) {
    this.model = model;
    this.#build(el);
    const handlers = {
      "change:tables": () => this.schema.draw(),
      "change:statement": () => (this.editor.text = model.get("statement")),
      "change:status": () => this.#status(),
      "msg:custom": (message, buffers) => this.#received(message, buffers),
    };
    const unhear = hearModel(model, handlers);
    this.schema.draw();
    this.editor.text = model.get("statement");
    this.#status();
    this.close = () => {
      unhear();
      this.root.remove();
    };
  }

  #build(el) {
    const tool = (text, title, click) => h("button", { type: "button", class: "skyhub-tool", title, on: { click } }, text);
    this.editor = new Editor(this.model, () => this.#run());
    this.schema = new Schema(this.model, { insert: (name) => this.editor.insert(name), example: (text) => this.#put(text) });
    this.go = h("button", { type: "button", class: "skyhub-sql-run", title: "Ctrl+Enter", on: { click: () => this.#run() } }, "Run");
    this.stop = h("button", { type: "button", class: "skyhub-sql-stop", on: { click: () => this.model.send({ type: "cancel" }) } }, "Cancel");
    this.asOf = h("input", { type: "text", class: "skyhub-sql-asof", size: 20, placeholder: "2026-11-22T03:00:00Z", on: { change: () => this.#setTime() } });
    this.asOf.value = this.model.get("as_of");
    this.past = h("div", { class: "skyhub-sql-history", hidden: true });
    this.recall = tool("history", "Statements that ran", () => this.#toggleHistory());
    this.recall.setAttribute("aria-expanded", "false");
    this.files = ["csv", "parquet"].map((form) => tool(form === "csv" ? "all as CSV" : "all as Parquet", `Download the whole answer as ${form}`, () => this.model.send({ type: "download", form })));
    this.copy = tool("copy as Python", "Copy the statement as Python code", () => this.#copy());
    this.bar = h("progress", { max: "1", "aria-label": "Progress" });
    this.line = h("span", { class: "skyhub-sql-line", role: "status" });
    this.trouble = h("pre", { class: "skyhub-sql-trouble", role: "alert", hidden: true });
    this.live = announcer();
    const tools = h("div", { class: "skyhub-sql-tools" }, this.go, this.stop,
      h("label", { title: "Only what was known at this time (UTC)" }, "as of", this.asOf),
      h("span", { class: "skyhub-sql-more" }, this.recall, this.copy, ...this.files));
    const main = h("div", { class: "skyhub-sql-main" }, this.editor.element, tools, this.past,
      h("div", { class: "skyhub-sql-status" }, this.bar, this.line), this.trouble, this.live);
    this.root = h("section", { class: "skyhub-sql", "aria-label": "SQL workbench" }, this.schema.element, main);
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && !this.past.hidden && this.#toggleHistory(false));
    el.append(this.root);
  }

  #put(text) {
    this.editor.text = text;
    this.model.set("statement", text);
    this.model.save_changes();
    this.editor.area.focus();
  }

  #setTime() {
    this.model.set("as_of", this.asOf.value.trim());
    this.model.save_changes();
  }

  #run() {
    if (this.model.get("status").state === "running" || !this.editor.text.trim()) return;
    this.model.send({ type: "run", statement: this.editor.text, as_of: this.asOf.value.trim() });
  }

  #status() {
    const status = this.model.get("status");
    const running = status.state === "running";
    this.go.disabled = running;
    this.go.title = running ? "The statement is running" : "Ctrl+Enter";
    this.stop.hidden = this.bar.hidden = !running;
    for (const file of this.files) file.disabled = status.state !== "done";
    this.trouble.hidden = status.state !== "failed";
    this.trouble.textContent = status.state === "failed" ? status.message : "";
    if (running && status.fraction > 0 && status.fraction < 1) this.bar.value = status.fraction;
    else this.bar.removeAttribute("value");
    this.line.textContent = this.#line(status);
    if (this.wasRunning && !running) remember(status.statement, status.state === "done" ? outcome(status) : status.state);
    this.wasRunning = running;
  }

  #line(status) {
    if (status.state === "done") return outcome(status);
    if (status.state === "running") return status.message;
    return status.state === "cancelled" ? "cancelled" : "";
  }

  #toggleHistory(open = this.past.hidden) {
    this.past.replaceChildren(...historyList((text) => {
      this.#toggleHistory(false);
      this.#put(text);
    }));
    this.past.hidden = !open;
    this.recall.setAttribute("aria-expanded", String(open));
  }

  async #copy() {
    await copyText(asPython(this.editor.text.trim(), this.asOf.value.trim()));
    this.line.textContent = "copied";
    this.live.textContent = "copied as Python";
  }

  #received(message, buffers) {
    if (message.type === "file") {
      const url = URL.createObjectURL(new Blob(buffers, { type: message.media_type }));
      h("a", { href: url, download: message.name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
      this.live.textContent = `${message.name} downloaded`;
    } else if (message.type === "note") {
      this.line.textContent = message.text;
    }
  }
}
