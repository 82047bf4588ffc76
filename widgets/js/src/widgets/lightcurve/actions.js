// What can be done with selected points: say that they are good or bad, remove one's own, see what was known of one.
import { h } from "../lib/dom.js";
import { fixed } from "../lib/format.js";
import { givenOf } from "../lib/photometry.js";
import { tool } from "../lib/plot_tools.js";
import { tableOf } from "../lib/points_table.js";

const HISTORY = ["version", "known at", "known until", "owner", "mag", "error", "flux (µJy)", "error"];

// `may` names what is offered: flag, remove, history. send(message) asks Python for it.
export class PointActions {
  constructor(view, send) {
    this.view = view;
    this.send = send;
    this.count = h("span", {});
    this.why = h("input", { type: "text", maxlength: "2000", placeholder: "why", "aria-label": "Why these points are good or bad" });
    const act = (text, title, message) => tool(text, title, () => this.#ask(message));
    this.flag = h("span", { class: "skyhub-lc-row" }, this.why,
      act("good", "These measurements can be trusted", { type: "flag", validated: true }),
      act("bad", "These measurements cannot be trusted", { type: "flag", validated: false }));
    this.remove = act("remove", "End these points, which you uploaded or look after", { type: "remove" });
    this.history = act("history", "All that was known of this point", { type: "history" });
    this.zero = tool("t₀ here", "Count days from this point", () => view.choose({ t0: view.plot.arrays.mjd[view.selected[0]] }));
    const clear = tool("clear", "Select nothing", () => view.select([]));
    this.said = h("p", { role: "status", class: "skyhub-lc-said" });
    this.versions = h("div", { class: "skyhub-lc-table", hidden: true });
    this.bar = h("div", { class: "skyhub-lc-row", role: "group", "aria-label": "Selected points" }, this.count, this.zero, this.flag, this.remove, this.history, clear);
    this.root = h("div", {}, this.bar, this.said, this.versions);
  }

  sync(may) {
    const given = givenOf(this.view.plot.arrays, this.view.selected).length;
    this.bar.hidden = given === 0;
    this.count.textContent = given === 1 ? "1 point selected" : `${given} points selected`;
    this.zero.hidden = this.view.selected.length !== 1;
    this.flag.hidden = !may.includes("flag");
    this.remove.hidden = !may.includes("remove");
    this.history.hidden = !may.includes("history") || given !== 1;
    if (given !== 1) this.versions.hidden = true;
  }

  #ask(message) {
    this.said.textContent = "…";
    this.send({ ...message, indices: givenOf(this.view.plot.arrays, this.view.selected), explanation: this.why.value });
  }

  // The answer: {message}, with {versions} of a history
  hear({ message, versions }) {
    this.said.textContent = message ?? "";
    this.versions.hidden = !versions;
    if (versions) this.versions.replaceChildren(tableOf(HISTORY, versions.map(cells)));
  }
}

const cells = (row) => [
  String(row.version), row.known_at ?? "", row.known_until ?? "in force", row.owner ?? "", fixed(row.mag, 3), fixed(row.magerr, 3),
  fixed(row.flux, 3), fixed(row.fluxerr, 3),
];
