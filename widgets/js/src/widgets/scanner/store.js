// The state of a scanner, shared by all its views: queue, cards, decisions, place. No elements here.
import { loadImages } from "../lib/cutouts.js";
import { arraysFromLists } from "../lib/photometry.js";
import { groupsOf } from "./card.js";
import { Lru } from "./lru.js";
import { Outbox } from "./outbox.js";
import { Queue } from "./queue.js";

const KEPT_CARDS = 60;
const AHEAD = 8;
const BEHIND = 2;
const MORE_WHEN_LEFT = 40;
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
    this.index = -1;
    this.outbox = new Outbox(model.get("user"), (message) => model.send(message));
    this.handlers = {
      "msg:custom": (message) => this.receive(message),
      "change:queue": () => this.#queueChanged(),
      "change:current_id": () => this.goTo(model.get("current_id")),
      "change:status": () => this.emit("status"),
    };
    for (const [event, handler] of Object.entries(this.handlers)) model.on(event, handler);
    this.addCards(model.get("cards") ?? []);
    this.#queueChanged();
    for (const item of this.outbox.restore()) this.#setMine(item.candidate_id, effective(item.verdict));
  }

  close() {
    this.outbox.close();
    clearTimeout(this.retry);
    for (const [event, handler] of Object.entries(this.handlers)) this.model.off(event, handler);
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

  // Asks Python for the cards around the current one that are neither here nor on their way.
  want() {
    if (this.index < 0) return;
    const places = Array.from({ length: AHEAD + 1 }, (_, i) => this.index + i);
    for (let back = 1; back <= BEHIND; back += 1) places.push(this.index - back);
    const ids = places.map((place) => this.queue.at(place)?.id).filter((id) => id && !this.cards.has(id) && !this.asked.has(id) && !this.gone.has(id));
    if (ids.length === 0) return;
    for (const id of ids) this.asked.add(id);
    this.model.send({ type: "need", ids });
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
      this.emit("decision", { id });
    }
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
    if (!card) return void this.toast("This card is still on its way: nothing was decided.");
    if (!card.can_decide) return void this.toast("You may look at this candidate, but none of your groups decides on it.");
    if (this.#changes(entry, card, verdict, groups)) {
      this.outbox.add(entry.id, verdict, groups, entry.mine);
      this.history.push(entry.id);
      this.#setMine(entry.id, verdict);
    }
    if (this.model.get("advance")) this.advance();
    else this.emit("decision", { id: entry.id });
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
    const id = this.history.pop() ?? (this.entry?.mine ? this.entry.id : null);
    const entry = id === null ? null : this.queue.find(id);
    if (!entry?.mine) return void this.toast("There is no decision of yours to undo.");
    this.outbox.add(id, "undo", null, entry.mine);
    this.#setMine(id, null);
    this.toast(`Decision on ${entry.object_id} undone.`);
    if (!this.move(this.queue.places.get(id))) this.emit("decision", { id });
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
    this.history = this.history.filter((past) => past !== id);
    if (!this.outbox.pendingFor(id)) this.#setMine(id, item.previous ?? null);
    const name = this.queue.find(id)?.object_id ?? id;
    this.toast(`${name}: the decision was not stored. ${message}`, "bad");
    this.emit("decision", { id });
    this.emit("status");
  }

  // What an undone decision had replaced, and for which groups one stands that names none, the service alone can say.
  #askAnew(id) {
    if (this.cards.has(id)) this.model.send({ type: "need", ids: [id] });
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
    if (!event.groups?.length) this.#askAnew(id);
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
    };
    handlers[message.type]?.();
  }
}
