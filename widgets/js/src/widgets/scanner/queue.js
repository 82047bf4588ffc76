// The queue of candidates: compact entries in order, and where the scanner stands among them.
export class Queue {
  constructor() {
    this.entries = [];
    this.places = new Map();
    this.skipped = new Set();
  }

  // `columns` is the `queue` trait: lists of equal length. Entries are most of what a page keeps of a long queue: no value twice
  load(columns) {
    const names = Object.keys(columns).filter((name) => !["ids", "object_ids", "mine"].includes(name));
    const ids = columns.ids ?? [];
    this.entries = ids.map((id, i) => {
      const entry = { id, object_id: columns.object_ids[i], mine: columns.mine[i] ?? null };
      for (const name of names) entry[name] = columns[name][i];
      return entry;
    });
    this.places = new Map(ids.map((id, i) => [id, i]));
  }

  get length() {
    return this.entries.length;
  }

  at(index) {
    return this.entries[index] ?? null;
  }

  find(id) {
    return this.at(this.places.get(id) ?? -1);
  }

  // The first entry after `index` for which `wanted` holds, then from the start; -1 without one
  search(index, wanted) {
    const n = this.length;
    for (let step = 1; step < n; step += 1) {
      const place = (index + step) % n;
      if (wanted(this.entries[place])) return place;
    }
    return -1;
  }

  nextUndecided(index) {
    const fresh = this.search(index, (entry) => !entry.mine && !this.skipped.has(entry.id));
    return fresh >= 0 ? fresh : this.search(index, (entry) => !entry.mine);
  }

  counts() {
    const counts = { total: this.length, save: 0, reject: 0, skipped: 0 };
    for (const { id, mine } of this.entries) {
      if (mine) counts[mine] += 1;
      else if (this.skipped.has(id)) counts.skipped += 1;
    }
    return { ...counts, left: counts.total - counts.save - counts.reject };
  }
}
