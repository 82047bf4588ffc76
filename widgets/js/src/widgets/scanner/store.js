// The state of a scanner, shared by all its views: queue, cards, decisions, place. No elements here.
import { loadImages } from "../lib/cutouts.js";
import { hearModel } from "../lib/dom.js";
import { arraysFromLists } from "../lib/photometry.js";
import { groupsOf } from "./card.js";
import { Lru } from "./lru.js";
import { Outbox } from "./outbox.js";
import { Queue } from "./queue.js";

const KEPT_CARDS = 60;
const AHEAD = 10;
const AT_A_TIME = 4; // of cards that are not near yet: one request for several costs little more than for one
const BEHIND = 2;
const MORE_WHEN_LEFT = 40;
const ANEW_MS = 30;
const LEFT_MS = 400; // of cards that are no longer looked at
const LARGEST_NEED = 40; // cards at a time
const KEPT_DETAILS = 30;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

export const effective = (verdict) => (verdict === "undo" ? null : verdict);

export class Store extends EventTarget {
  constructor(model) {
    super();
    this.model = model;
    this.queue = new Queue();
    this.cards = new Lru(KEPT_CARDS);
    this.asked = new Set();
    this.gone = new Set();
    this.failures = 0;
    this.history = [];
    this.marked = new Set();
    this.anew = new Set();
    this.places = null;
    this.details = new Lru(KEPT_DETAILS);
    this.asking = new Set();
    this.surveys = new Lru(KEPT_DETAILS);
    this.asksSurveys = new Set();
    this.classes = [];
    this.index = -1;
    this.outbox = new Outbox(model.get("user"), (message) => model.send(message));
    this.unhear = hearModel(model, {
      "msg:custom": (message) => this.receive(message),
      "change:queue": () => this.#queueChanged(),
      "change:current_id": () => this.goTo(model.get("current_id")),
      "change:status": () => this.emit("status"),
      "change:mode": () => this.emit("mode"),
    });
    this.addCards(model.get("cards") ?? []);
    this.#queueChanged();
    for (const item of this.outbox.restore()) this.#setMine(item.candidate_id, effective(item.verdict));
  }

  close() {
    this.outbox.close();
    clearTimeout(this.retry);
    clearTimeout(this.anewDue);
    this.unhear();
  }

  emit(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  get user() {
    return this.model.get("user");
  }

  get entry() {
    return this.queue.at(this.index);
  }

  get card() {
    return this.entry ? (this.cards.get(this.entry.id) ?? null) : null;
  }

  #queueChanged() {
    const wanted = this.entry?.id ?? this.model.get("current_id");
    this.queue.load(this.model.get("queue") ?? {});
    this.marked = new Set([...this.marked].filter((id) => this.queue.places.has(id)));
    for (const item of this.outbox.items.values()) this.#setMine(item.candidate_id, effective(item.verdict));
    const place = this.queue.places.get(wanted);
    const first = this.queue.entries.findIndex((entry) => !entry.mine);
    this.index = place ?? (this.queue.length ? Math.max(0, first) : -1);
    this.#moved();
    this.emit("queue");
  }

  // --- moving -----------------------------------------------------------------------------------------------

  move(index) {
    if (index < 0 || index >= this.queue.length || index === this.index) return false;
    this.index = index;
    this.#moved();
    return true;
  }

  #moved() {
    const id = this.entry?.id ?? "";
    this.emit("current");
    this.want();
    if (this.model.get("current_id") !== id) {
      this.model.set("current_id", id);
      this.model.save_changes();
    }
    if (this.model.get("has_more") && this.queue.length - this.index < MORE_WHEN_LEFT) this.model.send({ type: "more", after: this.queue.length });
  }

  next() {
    if (!this.move(this.index + 1)) this.toast(this.queue.length ? "This is the last candidate of the queue." : "The queue is empty.");
  }

  previous() {
    if (!this.move(this.index - 1)) this.toast("This is the first candidate of the queue.");
  }

  skip() {
    if (!this.entry) return;
    this.queue.skipped.add(this.entry.id);
    this.advance();
  }

  goTo(id) {
    const place = this.queue.places.get(id);
    if (place !== undefined) this.move(place);
  }

  advance() {
    const place = this.queue.nextUndecided(this.index);
    if (place < 0 || !this.move(place)) {
      this.emit("decision", { id: this.entry?.id });
      if (place < 0 && this.entry?.mine) this.toast(`All ${this.queue.length} candidates of this queue are decided.`);
    }
  }

  // --- cards ------------------------------------------------------------------------------------------------

  // Asks Python for the cards around the current one that are neither here nor on their way; `places` are those of a grid.
  want() {
    if (this.index < 0) return;
    const places = this.places?.() ?? Array.from({ length: AHEAD + 1 }, (_, i) => this.index + i);
    for (let back = 1; back <= BEHIND && !this.places; back += 1) places.push(this.index - back);
    const ids = places.map((place) => this.queue.at(place)?.id).filter((id) => id && !this.cards.has(id) && !this.asked.has(id) && !this.gone.has(id));
    const near = (id) => this.queue.places.get(id) <= this.index + AHEAD - AT_A_TIME;
    if (!this.places?.() && ids.length < AT_A_TIME && !ids.some(near)) return;
    for (const id of ids) this.asked.add(id);
    for (let at = 0; at < ids.length; at += LARGEST_NEED) this.model.send({ type: "need", ids: ids.slice(at, at + LARGEST_NEED) });
  }

  // What surrounds a candidate, once; null while it is on its way
  detailsOf(card) {
    const id = card.candidate_id;
    if (this.details.has(id)) return this.details.get(id);
    if (!this.asking.has(id)) {
      this.asking.add(id);
      this.model.send({ type: "details", id, object_id: card.object_id, dayobs: card.dayobs });
    }
    return null;
  }

  // Its surroundings in a deep survey, once; null while they are on their way
  surveyOf(card) {
    const id = card.candidate_id;
    if (this.surveys.has(id)) return this.surveys.get(id);
    if (!this.asksSurveys.has(id)) {
      this.asksSurveys.add(id);
      this.model.send({ type: "image", id, object_id: card.object_id });
    }
    return null;
  }

  #surveyCame(id, image) {
    this.asksSurveys.delete(id);
    this.surveys.set(id, image);
    this.emit("survey", { id });
  }

  #detailsCame(id, details) {
    this.asking.delete(id);
    this.details.set(id, details);
    this.emit("details", { id });
  }

  // Something that is done at the desk; its answer is told, and the card asked for anew
  ask(message) {
    this.model.send({ ...message, id: this.entry?.id });
  }

  wantClasses() {
    if (this.classes.length === 0) this.model.send({ type: "classes" });
  }

  #deskDone({ id, message }) {
    this.details.delete(id);
    this.#askAnew(id);
    this.toast(message);
    this.emit("details", { id });
  }

  #deskFailed({ to, id, message }) {
    if (to === "details") this.#detailsCame(id, { error: message });
    else if (to === "image") this.#surveyCame(id, { why: message });
    else this.toast(message, "bad");
  }

  addCards(cards) {
    for (const card of cards) {
      card.arrays = arraysFromLists(card.photometry);
      card.images = () => loadImages(card.cutouts, card.object_id);
      const id = card.candidate_id;
      if (this.cards.has(id)) card.times = this.cards.get(id).times;
      this.cards.set(id, card);
      this.asked.delete(id);
      if (!this.outbox.pendingFor(id)) this.#setMine(id, card.mine);
      this.emit("card", { id });
    }
    if (cards.length) this.emit("decision", {});
  }

  #cardsFailed(ids) {
    for (const id of ids) this.asked.delete(id);
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.want(), wait);
    this.emit("status");
  }

  // --- decisions --------------------------------------------------------------------------------------------

  decide(verdict, groups = null) {
    const { entry, card } = this;
    if (!entry) return;
    if (this.marked.size) return void this.#decideMarked(verdict, groups);
    if (!card) return void this.toast("This card is still on its way: nothing was decided.");
    if (!card.can_decide) return void this.toast("You may look at this candidate, but none of your groups decides on it.");
    if (this.#changes(entry, card, verdict, groups)) {
      this.outbox.add(entry.id, verdict, groups, entry.mine);
      this.history.push([entry.id]);
      this.#setMine(entry.id, verdict);
    }
    if (this.model.get("advance")) this.advance();
    else this.emit("decision", { id: entry.id });
  }

  toggleMark(id) {
    if (!this.marked.delete(id)) this.marked.add(id);
    this.emit("marks");
  }

  // Marks all of some candidates that are undecided; none, if all of these are marked
  toggleMarks(ids) {
    const open = ids.filter((id) => !this.queue.find(id)?.mine);
    const all = open.length > 0 && open.every((id) => this.marked.has(id));
    this.marked = new Set(all ? [] : open);
    this.emit("marks");
  }

  // One verdict for all that are marked and may be decided; undone together
  #decideMarked(verdict, groups) {
    const ids = [...this.marked].filter((id) => this.cards.has(id) && this.cards.get(id).can_decide);
    const left = this.marked.size - ids.length;
    const changed = ids.filter((id) => this.#changes(this.queue.find(id), this.cards.get(id), verdict, groups));
    for (const id of changed) {
      this.outbox.add(id, verdict, groups, this.queue.find(id).mine);
      this.#setMine(id, verdict);
    }
    if (changed.length) this.history.push(changed);
    this.marked = new Set();
    this.toast(`${changed.length} ${verdict === "save" ? "saved" : "rejected"}${left ? `; ${left} left out: their cards are not here, or not yours to decide` : ""}. u undoes all of it.`);
    this.emit("marks");
    if (this.model.get("advance")) this.advance();
    this.emit("decision", {});
  }

  // Whether a decision says anything new: another verdict, or the same one for a group that does not have it yet.
  #changes(entry, card, verdict, groups) {
    if (entry.mine !== verdict) return true;
    const pending = this.outbox.pendingFor(entry.id);
    if (pending) return String(pending.groups) !== String(groups);
    const mine = card.decisions.filter((decision) => decision.user === this.user && decision.verdict === verdict);
    const covered = new Set(mine.flatMap((decision) => decision.groups ?? []));
    return mine.length > 0 && (groups ?? groupsOf(card)).some((group) => !covered.has(group));
  }

  undo() {
    const ids = (this.history.pop() ?? (this.entry?.mine ? [this.entry.id] : [])).filter((id) => this.queue.find(id)?.mine);
    if (ids.length === 0) return void this.toast("There is no decision of yours to undo.");
    for (const id of ids) {
      this.outbox.add(id, "undo", null, this.queue.find(id).mine);
      this.#setMine(id, null);
    }
    this.toast(ids.length === 1 ? `Decision on ${this.queue.find(ids[0]).object_id} undone.` : `${ids.length} decisions undone.`);
    if (!this.move(this.queue.places.get(ids[0])) || ids.length > 1) this.emit("decision", { id: ids[0] });
  }

  #setMine(id, verdict) {
    const entry = this.queue.find(id);
    if (entry) entry.mine = verdict;
  }

  #stored({ key, candidate_id: id, decision }) {
    const item = this.outbox.finish(key);
    if (item === null) return;
    const at = decision?.decided_at ?? new Date().toISOString();
    this.#record(id, { ...decision, user: decision?.user || this.user, verdict: item.verdict, decided_at: at });
    if (item.groups) this.#askAnew(id);
    this.emit("decision", { id });
    this.emit("status");
  }

  #refused({ key, candidate_id: id, message }) {
    const item = this.outbox.finish(key);
    if (item === null) return;
    this.history = this.history.map((past) => past.filter((other) => other !== id)).filter((past) => past.length);
    if (!this.outbox.pendingFor(id)) this.#setMine(id, item.previous ?? null);
    const name = this.queue.find(id)?.object_id ?? id;
    this.toast(`${name}: the decision was not stored. ${message}`, "bad");
    this.emit("decision", { id });
    this.emit("status");
  }

  // What an undone decision had replaced, and for which groups one stands that names none, the service alone can say.
  #askAnew(id) {
    if (!this.cards.has(id)) return;
    this.anew.add(id);
    clearTimeout(this.anewDue);
    this.anewDue = setTimeout(() => {
      const ids = [...this.anew];
      this.anew.clear();
      for (let at = 0; at < ids.length; at += LARGEST_NEED) this.model.send({ type: "need", ids: ids.slice(at, at + LARGEST_NEED) });
    }, this.anew.has(this.entry?.id) ? ANEW_MS : LEFT_MS);
  }

  // Enters a decision (mine or another's) in the cached card, where it replaces those of the same scanner for its groups; a
  // decision older than what is known is passed over.
  #record(id, decision) {
    const card = this.cards.has(id) ? this.cards.get(id) : null;
    if (!card) return true;
    card.times ??= new Map();
    if ((card.times.get(decision.user) ?? "") > decision.decided_at) return false;
    card.times.set(decision.user, decision.decided_at);
    const groups = new Set(decision.groups ?? []);
    const left = (other) => ({ ...other, groups: (other.groups ?? []).filter((group) => !groups.has(group)) });
    card.decisions = card.decisions.flatMap((other) => {
      if (other.user !== decision.user) return [other];
      return groups.size && left(other).groups.length ? [left(other)] : [];
    });
    if (decision.verdict !== "undo") card.decisions.push(decision);
    if (decision.verdict === "undo") this.#askAnew(id);
    return true;
  }

  #event(event) {
    if (event.kind !== "decision") return;
    const id = String(event.candidate_id);
    if (!this.#record(id, event)) return;
    if (!event.groups?.length || this.model.get("has_desk")) this.#askAnew(id); // who has it as a source now, the service alone can say
    if (event.user !== this.user) {
      const done = { save: "saved", reject: "rejected", undo: "took back the decision on" }[event.verdict];
      this.toast(`${event.user} ${done} ${event.object_id}`);
    } else if (!this.outbox.pendingFor(id)) {
      this.#setMine(id, effective(event.verdict));
    }
    this.emit("decision", { id });
  }

  toast(text, kind = "info") {
    this.emit("toast", { text, kind });
  }

  receive(message) {
    const handlers = {
      cards: () => {
        this.failures = 0;
        for (const id of message.absent ?? []) this.gone.add(id);
        this.addCards(message.cards);
        if (this.gone.has(this.entry?.id)) this.emit("card", { id: this.entry.id });
      },
      cards_failed: () => this.#cardsFailed(message.ids),
      accepted: () => this.outbox.accepted(message.key),
      decided: () => this.#stored(message),
      refused: () => this.#refused(message),
      event: () => this.#event(message.event),
      details: () => this.#detailsCame(message.id, message.details),
      image: () => this.#surveyCame(message.id, message.image),
      classes: () => {
        this.classes = message.classes;
        this.emit("classes");
      },
      desk_done: () => this.#deskDone(message),
      desk_failed: () => this.#deskFailed(message),
    };
    handlers[message.type]?.();
  }
}
