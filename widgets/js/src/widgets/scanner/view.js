// One view of a scanner: draws what the store says, turns keys and clicks into its actions.
import { CutoutRow } from "../lib/cutouts.js";
import { announcer, h } from "../lib/dom.js";
import { MISSING } from "../lib/format.js";
import { LightCurveView } from "../lib/plot_view.js";
import { annotationsSection, decisionsSection, filtersSection, groupsOf, positionSection, statisticsSection, verdictBadge } from "./card.js";
import { actionBar, drawActions, drawProgress, drawStrip, helpOverlay, showToast, statusText } from "./frame.js";
import { attachKeys } from "./keys.js";
import { Lru } from "./lru.js";
import { measureDrawn } from "./timing.js";

const KEPT_IMAGES = 24;
const STATUS_MS = 2000;

export class ScannerView {
  constructor(store, el) {
    this.store = store;
    this.images = new Lru(KEPT_IMAGES);
    this.shownId = null;
    this.startedAt = null;
    this.stripDue = null;
    this.groups = null;
    this.#build();
    el.append(this.root);
    this.cutouts = new CutoutRow(this.parts.cutouts);
    const { model } = store;
    this.plot = new LightCurveView(this.parts.plot, { styles: model.get("filter_styles"), xAxis: "days", referenceName: "this alert", keyboard: false });
    this.ends = [this.#listen(), attachKeys(this.root, () => model.get("key_scope"), this.#actions())];
    this.timer = setInterval(() => this.drawStatus(), STATUS_MS);
    this.draw();
  }

  close() {
    clearInterval(this.timer);
    for (const end of this.ends) end();
    this.plot.close();
    this.root.remove();
  }

  #build() {
    const parts = {
      place: h("span", { class: "skyhub-place" }),
      counts: h("span", { class: "skyhub-counts" }),
      progress: h("div", { class: "skyhub-progress", role: "progressbar", "aria-label": "Decided", "aria-valuemin": "0" }, h("i", { dataset: { verdict: "save" } }), h("i", { dataset: { verdict: "reject" } })),
      status: h("span", { class: "skyhub-status", role: "status" }),
      strip: h("nav", { class: "skyhub-strip", "aria-label": "Neighbours in the queue" }),
      heading: h("div", { class: "skyhub-heading" }),
      cutouts: h("div", {}),
      plot: h("div", { class: "skyhub-plot" }),
      facts: h("div", { class: "skyhub-side" }),
      toasts: h("div", { class: "skyhub-toasts", role: "log", "aria-live": "polite" }),
      live: announcer(),
    };
    this.parts = parts;
    const act = (action, at) => this.act(action, at, true);
    this.actions = actionBar(act);
    this.help = helpOverlay(() => this.#toggleHelp(false));
    const helpButton = h("button", { type: "button", class: "skyhub-tool", title: "Keys (?)", on: { click: () => this.#toggleHelp(true) } }, "keys ?");
    this.empty = h("div", { class: "skyhub-empty", hidden: true });
    this.card = h("article", { class: "skyhub-card" }, h("div", { class: "skyhub-main" }, parts.heading, parts.cutouts, parts.plot), parts.facts);
    const top = h("header", { class: "skyhub-top" }, parts.place, parts.progress, parts.counts, parts.status, helpButton);
    this.root = h("div", { class: "skyhub-scanner", tabindex: "-1", "data-lm-suppress-shortcuts": "true" },
      top, parts.strip, this.card, this.empty, this.actions, this.help, parts.toasts, parts.live);
  }

  #actions() {
    const act = (action, at) => this.act(action, at);
    act.wantsEscape = () => !this.help.hidden || this.plot.hovered >= 0;
    return act;
  }

  #listen() {
    const { store } = this;
    const handlers = {
      current: () => this.draw(),
      queue: () => this.draw(),
      card: ({ detail }) => (detail.id === store.entry?.id ? this.draw() : this.#came(detail.id)),
      decision: ({ detail }) => this.#decided(detail.id),
      status: () => this.drawStatus(),
      toast: ({ detail }) => showToast(this.parts.toasts, detail.text, detail.kind),
    };
    for (const [name, handler] of Object.entries(handlers)) store.addEventListener(name, handler);
    return () => {
      for (const [name, handler] of Object.entries(handlers)) store.removeEventListener(name, handler);
    };
  }

  act(action, startedAt, clicked = false) {
    const { store } = this;
    if (!this.help.hidden && action !== "help" && action !== "escape") return; // nothing is decided behind the help
    this.startedAt = startedAt;
    const actions = {
      next: () => store.next(),
      previous: () => store.previous(),
      save: () => store.decide("save", this.#chosenGroups()),
      reject: () => store.decide("reject"),
      undo: () => store.undo(),
      skip: () => store.skip(),
      open: () => store.entry && store.model.send({ type: "open", object_id: store.entry.object_id, candidate_id: store.entry.id }),
      crosshair: () => this.cutouts.toggle(),
      help: () => this.#toggleHelp(this.help.hidden),
      escape: () => this.#escape(),
    };
    actions[action]();
    if (clicked) this.root.focus({ preventScroll: true });
  }

  #escape() {
    this.#toggleHelp(false);
    this.plot.hover(-1);
  }

  #toggleHelp(shown) {
    this.help.hidden = !shown;
    if (shown) this.help.querySelector("button").focus();
    else if (this.help.contains(document.activeElement)) this.root.focus({ preventScroll: true });
  }

  #chosenGroups() {
    const groups = groupsOf(this.store.card);
    return this.groups && this.groups.size < new Set(groups).size ? [...this.groups] : null;
  }

  #chooseGroup(group) {
    if (this.groups.has(group) && this.groups.size > 1) this.groups.delete(group);
    else this.groups.add(group);
    this.#drawFacts(this.store.card);
  }

  #imagesOf(card) {
    const known = this.images.get(card.candidate_id);
    if (known) return known;
    const images = card.images();
    this.images.set(card.candidate_id, images);
    return images;
  }

  #preload(id) {
    const card = this.store.cards.has(id) ? this.store.cards.get(id) : null;
    if (card) this.#imagesOf(card);
  }

  // A card that was fetched ahead: its images are decoded now, and the strip shows it.
  #came(id) {
    this.#preload(id);
    this.stripDue ??= requestAnimationFrame(() => {
      this.stripDue = null;
      drawStrip(this.parts.strip, this.store);
    });
  }

  // --- drawing ----------------------------------------------------------------------------------------------

  draw() {
    const { store } = this;
    const { card, entry } = store;
    this.empty.hidden = entry !== null;
    this.card.hidden = entry === null;
    this.root.dataset.candidateId = entry?.id ?? "";
    if (!entry) this.#drawEmpty();
    else if (card) this.#drawCard(card);
    else this.#drawWaiting(entry);
    this.#drawFrame();
  }

  #drawFrame() {
    drawProgress(this.parts, this.store);
    drawStrip(this.parts.strip, this.store);
    drawActions(this.actions, this.store);
    this.drawStatus();
  }

  #drawEmpty() {
    const { status, empty_text: text } = { status: this.store.model.get("status"), empty_text: this.store.model.get("empty_text") };
    const down = status?.state === "down";
    this.empty.replaceChildren(
      h("h2", {}, down ? "The queue cannot be read" : "Nothing to scan"),
      h("p", {}, down ? `${status.message || "The data service does not answer"}. It is asked again by itself.` : text),
      h("button", { type: "button", class: "skyhub-action", on: { click: () => this.store.model.send({ type: "refresh" }) } }, "Look again"),
    );
  }

  #drawWaiting(entry) {
    this.shownId = null;
    const gone = this.store.gone.has(entry.id);
    this.parts.heading.replaceChildren(h("h2", { class: "skyhub-name" }, entry.object_id), h("span", { class: "skyhub-muted" }, gone ? "no longer visible to you" : "loading the card"));
    this.parts.facts.replaceChildren();
    this.cutouts.root.hidden = true;
    this.plot.root.hidden = true;
  }

  #drawCard(card) {
    const images = this.#imagesOf(card);
    const changed = this.shownId !== card.candidate_id;
    this.shownId = card.candidate_id;
    if (changed) {
      this.groups = new Set(groupsOf(card));
      this.cutouts.root.hidden = false;
      this.plot.root.hidden = false;
      this.cutouts.show(images);
      this.plot.options.reference = card.mjd;
      this.plot.setData(card.arrays);
      this.parts.live.textContent = `${card.object_id}, ${this.store.index + 1} of ${this.store.queue.length}`;
    }
    this.#drawHeading(card);
    this.#drawFacts(card);
    if (changed && this.startedAt !== null) measureDrawn(this.root, card.candidate_id, this.startedAt, images);
    if (changed) this.startedAt = null;
  }

  #drawHeading(card) {
    const pending = this.store.outbox.pendingFor(card.candidate_id);
    this.parts.heading.replaceChildren(
      h("h2", { class: "skyhub-name" }, card.object_id),
      verdictBadge(this.store.entry.mine, pending !== null),
      h("span", { class: "skyhub-muted" }, `${card.survey} · ${card.dayobs} · candid `, h("span", { class: "skyhub-mono" }, card.candid ?? MISSING)),
    );
  }

  #drawFacts(card) {
    const say = (text, kind = "info") => this.store.toast(text, kind);
    this.parts.facts.replaceChildren(
      positionSection(card, say), statisticsSection(card), annotationsSection(card),
      filtersSection(card, this.groups, (group) => this.#chooseGroup(group)), decisionsSection(card, this.store.user),
    );
  }

  #decided(id) {
    const { card, entry } = this.store;
    if (card && entry.id === id) {
      this.#drawHeading(card);
      this.#drawFacts(card);
    }
    this.#drawFrame();
  }

  drawStatus() {
    const { level, text } = statusText(this.store);
    this.parts.status.dataset.level = level;
    if (this.parts.status.textContent !== text) this.parts.status.textContent = text;
  }
}
