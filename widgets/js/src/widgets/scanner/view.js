// One view of a scanner: draws what the store says, turns keys and clicks into its actions.
import { CutoutRow } from "../lib/cutouts.js";
import { announcer, h, listenTo } from "../lib/dom.js";
import { MISSING } from "../lib/format.js";
import { LightCurveView } from "../lib/plot_view.js";
import { annotationsSection } from "./annotations.js";
import { contextBadges, savedBadge } from "./badges.js";
import { decisionsSection, filtersSection, groupsOf, lastDetected, positionSection, statisticsSection, verdictBadge } from "./card.js";
import { detailSections, surveySection } from "./details.js";
import { askClass, askComment, askGroups, askKeep, Dialog, rememberedGroups } from "./dialogs.js";
import { actionBar, drawActions, drawProgress, drawStrip, helpOverlay, showToast, statusText } from "./frame.js";
import { Grid } from "./grid.js";
import { attachKeys } from "./keys.js";
import { Lru } from "./lru.js";
import { measureDrawn } from "./timing.js";

const KEPT_IMAGES = 24;
const STATUS_MS = 2000;
const DWELL_MS = 150; // who flies through the queue does not ask for what is below the card

export class ScannerView {
  constructor(store, el) {
    this.store = store;
    this.images = new Lru(KEPT_IMAGES);
    this.shownId = null;
    this.startedAt = null;
    this.stripDue = null;
    this.groups = null;
    this.desk = store.model.get("has_desk") ?? false;
    this.notebook = store.model.get("has_notebook") ?? false;
    this.#build();
    el.append(this.root);
    this.cutouts = new CutoutRow(this.parts.cutouts);
    const { model } = store;
    this.plot = new LightCurveView(this.parts.plot, { styles: model.get("filter_styles"), xAxis: "days", t0Name: "this alert", keyboard: false });
    this.ends = [this.#listen(), attachKeys(this.root, () => model.get("key_scope"), this.#actions())];
    this.timer = setInterval(() => this.drawStatus(), STATUS_MS);
    this.draw();
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.dwell);
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
      closer: h("div", { class: "skyhub-closer" }),
      toasts: h("div", { class: "skyhub-toasts", role: "log", "aria-live": "polite" }),
      live: announcer(),
    };
    this.parts = parts;
    const act = (action, at) => this.act(action, at, true);
    this.actions = actionBar(act, this);
    this.help = helpOverlay(() => this.#toggleHelp(false), this);
    const helpButton = h("button", { type: "button", class: "skyhub-tool", title: "Keys (?)", on: { click: () => this.#toggleHelp(true) } }, "keys ?");
    this.empty = h("div", { class: "skyhub-empty", hidden: true });
    this.card = h("article", { class: "skyhub-card" }, h("div", { class: "skyhub-main" }, parts.heading, parts.cutouts, parts.plot, this.desk ? parts.closer : null), parts.facts);
    this.grid = new Grid(this.store);
    this.store.places = () => (this.inGrid ? this.grid.places() : null);
    const modeButton = h("button", { type: "button", class: "skyhub-tool", title: "One card, or a grid of many (v)", on: { click: () => act("mode", performance.now()) } }, "card / grid");
    const top = h("header", { class: "skyhub-top" }, parts.place, parts.progress, parts.counts, parts.status, modeButton, helpButton);
    this.root = h("div", { class: "skyhub-scanner", tabindex: "-1", "data-lm-suppress-shortcuts": "true" },
      top, parts.strip, this.card, this.grid.root, this.empty, this.actions, this.help, parts.toasts, parts.live);
    this.dialog = new Dialog(this.root, () => this.root.focus({ preventScroll: true }));
  }

  #actions() {
    const act = (action, at) => this.act(action, at);
    act.wantsEscape = () => !this.help.hidden || this.dialog.open || this.plot.hovered >= 0 || this.store.marked.size > 0;
    act.inGrid = () => this.inGrid;
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
      mode: () => this.draw(),
      marks: () => this.#drawMarks(),
      details: ({ detail }) => detail.id === this.shownId && this.#drawCloser(),
      survey: ({ detail }) => detail.id === this.shownId && this.#drawSurvey(),
      classes: () => this.dialogWaits === "classes" && this.act("classify", performance.now()),
      "card-wanted": () => this.act("mode", performance.now()),
      toast: ({ detail }) => showToast(this.parts.toasts, detail.text, detail.kind),
    };
    return listenTo(store, handlers);
  }

  get inGrid() {
    return this.store.model.get("mode") === "grid";
  }

  act(action, startedAt, clicked = false) {
    if (this.dialog.open) return void this.#actInDialog(action);
    if (!this.help.hidden && action !== "help" && action !== "escape") return; // nothing is decided behind the help
    this.startedAt = startedAt;
    this.#actionsNow()[action]?.();
    if (clicked && !this.dialog.open) this.root.focus({ preventScroll: true });
  }

  #actInDialog(action) {
    if (action === "escape") this.dialog.close();
    if (action === "save" || action === "saveTo") this.dialog.submit();
  }

  #actionsNow() {
    const { store, grid } = this;
    const page = (step) => store.move(Math.max(0, Math.min(store.queue.length - 1, grid.first + step * grid.size)));
    return {
      next: () => store.next(),
      previous: () => store.previous(),
      save: () => this.#save(),
      saveTo: () => (this.asks ? askGroups(this.dialog, store, store.marked.size, (groups) => store.decide("save", groups)) : this.#save()),
      reject: () => store.decide("reject"),
      undo: () => store.undo(),
      skip: () => store.skip(),
      open: () => store.entry && this.#openSource(store.entry.object_id),
      notebook: () => this.notebook && store.entry && store.model.send({ type: "notebook", candidate_id: store.entry.id }),
      crosshair: () => this.cutouts.toggle(),
      mode: () => this.#changeMode(),
      mark: () => store.entry && store.toggleMark(store.entry.id),
      markAll: () => this.inGrid && store.toggleMarks(grid.idsOfPage()),
      down: () => store.move(store.index + grid.columns),
      up: () => store.move(store.index - grid.columns),
      pageDown: () => page(1),
      pageUp: () => page(-1),
      help: () => this.#toggleHelp(this.help.hidden),
      escape: () => this.#escape(),
      ...(this.desk && store.card ? this.#deskActions() : {}),
    };
  }

  #deskActions() {
    const { store, dialog } = this;
    return {
      comment: () => askComment(dialog, store),
      groups: () => askKeep(dialog, store),
      why: () => this.#lookCloser(),
      classify: () => {
        this.dialogWaits = store.classes.length ? null : "classes";
        if (this.dialogWaits) store.wantClasses();
        else askClass(dialog, store);
      },
    };
  }

  get asks() {
    return (this.store.model.get("groups") ?? []).length > 1;
  }

  // Saves for the groups that were chosen last; asks where there are several and none was chosen yet
  #save() {
    const { store } = this;
    if (!this.asks) return store.decide("save", this.#chosenGroups());
    const groups = rememberedGroups(store);
    if (groups) return store.decide("save", groups);
    if (store.marked.size || store.card?.can_decide) askGroups(this.dialog, store, store.marked.size, (chosen) => store.decide("save", chosen));
    else store.decide("save");
    return undefined;
  }

  #changeMode() {
    const { model } = this.store;
    model.set("mode", this.inGrid ? "card" : "grid");
    model.save_changes();
    this.draw();
    this.store.want();
  }

  #openSource(object_id) {
    this.store.model.send({ type: "open", object_id, candidate_id: this.store.entry.id });
  }

  #lookCloser() {
    const { closer } = this.parts;
    const below = closer.getBoundingClientRect().top > window.innerHeight / 2;
    (below ? closer : this.root).scrollIntoView({ block: "start" });
  }

  #escape() {
    if (this.help.hidden && this.store.marked.size) {
      this.store.marked.clear();
      this.store.emit("marks");
    }
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
    if (this.inGrid) return void this.grid.update(id);
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
    const grid = this.inGrid && entry !== null;
    this.empty.hidden = entry !== null;
    this.card.hidden = entry === null || grid;
    this.parts.strip.hidden = grid;
    this.grid.root.hidden = !grid;
    this.root.dataset.candidateId = entry?.id ?? "";
    if (!entry) this.#drawEmpty();
    else if (grid) this.#drawGrid();
    else if (card) this.#drawCard(card);
    else this.#drawWaiting(entry);
    this.#drawFrame();
  }

  #drawGrid() {
    this.shownId = null;
    clearTimeout(this.dwell);
    this.grid.draw();
  }

  #drawMarks() {
    if (this.inGrid) this.grid.draw();
    drawActions(this.actions, this.store, this.asks ? rememberedGroups(this.store) : null);
  }

  #drawFrame() {
    drawProgress(this.parts, this.store);
    if (!this.inGrid) drawStrip(this.parts.strip, this.store);
    drawActions(this.actions, this.store, this.asks ? rememberedGroups(this.store) : null);
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
      this.plot.options.t0 = card.mjd;
      this.plot.setData(card.arrays);
      this.parts.live.textContent = `${card.object_id}, ${this.store.index + 1} of ${this.store.queue.length}`;
    }
    this.#drawHeading(card);
    this.#drawFacts(card);
    if (changed) this.#dwell(card);
    if (changed && this.startedAt !== null) measureDrawn(this.root, card.candidate_id, this.startedAt, images);
    if (changed) this.startedAt = null;
  }

  #drawHeading(card) {
    const pending = this.store.outbox.pendingFor(card.candidate_id);
    this.parts.heading.replaceChildren(
      h("h2", { class: "skyhub-name" }, card.object_id),
      verdictBadge(this.store.entry.mine, pending !== null), ...[savedBadge(card), ...contextBadges(card), lastDetected(card)].filter(Boolean),
      h("span", { class: "skyhub-muted" }, `${card.survey} · ${card.dayobs} · candid `, h("span", { class: "skyhub-mono" }, card.candid ?? MISSING)),
    );
  }

  #drawFacts(card) {
    const say = (text, kind = "info") => this.store.toast(text, kind);
    this.parts.facts.replaceChildren(
      positionSection(card, say), statisticsSection(card), annotationsSection(card, this.#known(card)),
      filtersSection(card, this.groups, this.asks ? null : (group) => this.#chooseGroup(group)), decisionsSection(card, this.store.user),
    );
  }

  // What is known of the surroundings already; null if nothing
  #known(card) {
    const { details } = this.store;
    return details.has(card.candidate_id) && !details.get(card.candidate_id).error ? details.get(card.candidate_id) : null;
  }

  // The surroundings: at once if they are here, else when the card has stayed a moment
  #dwell(card) {
    if (!this.desk) return;
    clearTimeout(this.dwell);
    this.parts.closer.replaceChildren();
    if (this.store.details.has(card.candidate_id)) this.#drawCloser();
    else this.dwell = setTimeout(() => this.shownId === card.candidate_id && this.#drawCloser(), DWELL_MS);
  }

  #drawCloser() {
    const { card, model } = this.store;
    if (!card) return;
    const details = this.store.detailsOf(card);
    this.parts.closer.replaceChildren(...detailSections(details, model.get("filter_styles"), (object_id) => this.#openSource(object_id)));
    if (details && !details.error) this.#drawFacts(card);
    this.#drawSurvey();
  }

  // The image of a deep survey comes from afar: the card does not wait for it
  #drawSurvey() {
    const { card } = this.store;
    if (!card) return;
    this.parts.closer.querySelector(".skyhub-survey")?.remove();
    const part = surveySection(this.store.surveyOf(card));
    if (part) this.parts.closer.append(part);
  }

  #decided(id) {
    if (this.inGrid) this.grid.draw();
    const { card, entry } = this.store;
    if (card && entry.id === id && !this.inGrid) {
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
