// Decisions on their way: shown at once, kept until the data service has stored them, sent again after a reload.
import { readStored, store, uuid } from "../lib/dom.js";

const RESEND_MS = 6000; // the kernel has not said that it took the decision
const KEEP_MS = 3600 * 1000; // an unsent decision older than this is not sent by itself after a reload

export class Outbox {
  constructor(user, send) {
    this.storage = `skyhub-decisions:${user}`;
    this.send = send;
    this.items = new Map();
    this.timer = setInterval(() => this.#resend(), RESEND_MS);
  }

  add(candidateId, verdict, groups, previous) {
    const item = { key: uuid(), candidate_id: candidateId, verdict, groups, previous, made_at: Date.now(), state: "pending", accepted: false };
    this.items.set(item.key, item);
    this.#post(item);
    this.#remember();
    return item;
  }

  #post(item) {
    item.posted_at = Date.now();
    const { key, candidate_id, verdict, groups } = item;
    this.send({ type: "decide", key, candidate_id, verdict, groups });
  }

  #resend() {
    const late = Date.now() - RESEND_MS;
    for (const item of this.items.values()) if (!item.accepted && item.posted_at < late) this.#post(item);
  }

  #remember() {
    const kept = [...this.items.values()].map((item) => ({ ...item, accepted: false }));
    store(this.storage, kept.length ? kept : null);
  }

  // What an earlier page left unstored: sent again with the same keys, so nothing is stored twice.
  restore() {
    const kept = readStored(this.storage) ?? [];
    const fresh = kept.filter((item) => Date.now() - item.made_at < KEEP_MS && !this.items.has(item.key));
    for (const item of fresh) {
      this.items.set(item.key, item);
      this.#post(item);
    }
    return fresh;
  }

  accepted(key) {
    const item = this.items.get(key);
    if (item) item.accepted = true;
  }

  // Takes a decision out: it is stored, or refused for good. Returns it, or null if it was another page's.
  finish(key) {
    const item = this.items.get(key) ?? null;
    this.items.delete(key);
    if (item) this.#remember();
    return item;
  }

  // The newest decision on a candidate that is not stored yet
  pendingFor(candidateId) {
    return [...this.items.values()].findLast((item) => item.candidate_id === candidateId) ?? null;
  }

  get size() {
    return this.items.size;
  }

  get unaccepted() {
    const late = Date.now() - RESEND_MS;
    return [...this.items.values()].filter((item) => !item.accepted && item.made_at < late).length;
  }

  close() {
    clearInterval(this.timer);
  }
}
