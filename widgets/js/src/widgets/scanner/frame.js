// What surrounds the card: counts and progress, the strip of neighbours, the action bar, help and toasts.
import { h } from "../lib/dom.js";
import { fixed } from "../lib/format.js";
import { BINDINGS } from "./keys.js";

const NEIGHBOURS = { before: 3, after: 8 };
const TOAST_MS = 6000;

export const ACTIONS = [
  { action: "previous", text: "←", name: "Previous", key: "k" },
  { action: "reject", text: "Reject", name: "Reject", key: "x" },
  { action: "skip", text: "Skip", name: "Skip", key: "n" },
  { action: "save", text: "Save", name: "Save", key: "s" },
  { action: "next", text: "→", name: "Next", key: "j" },
  { action: "undo", text: "Undo", name: "Undo", key: "u" },
  { action: "classify", text: "Class", name: "Give it a class", key: "t", desk: true },
  { action: "comment", text: "Comment", name: "Comment", key: "m", desk: true },
  { action: "groups", text: "Groups", name: "Groups that have it as a source", key: "g", desk: true },
  { action: "open", text: "Open", name: "Open the source", key: "o" },
  { action: "notebook", text: "Notebook", name: "The same as a notebook", key: "l", notebook: true },
];

// What needs a desk, or somebody who makes notebooks, is offered where there is one.
const isOffered = (known, { desk, notebook }) => (desk || !known.desk) && (notebook || !known.notebook);

export function actionBar(act, offers) {
  const buttons = ACTIONS.filter((known) => isOffered(known, offers)).map(({ action, text, name, key }) => h("button", {
    type: "button", class: "skyhub-action", dataset: { action }, "aria-label": name, "aria-keyshortcuts": key, title: `${name} (${key})`,
    on: { click: (event) => act(action, event.timeStamp) },
  }, h("span", {}, text), h("kbd", { "aria-hidden": "true" }, key)));
  return h("div", { class: "skyhub-actions", role: "toolbar", "aria-label": "Decisions" }, buttons);
}

export function drawActions(bar, store, savesFor) {
  const { card, entry } = store;
  const reason = !entry ? "The queue is empty" : !card ? "The card is still on its way" : !card.can_decide ? "None of your groups decides on this candidate" : "";
  for (const button of bar.children) {
    const { action } = button.dataset;
    const { name, key } = ACTIONS.find((known) => known.action === action);
    const deciding = action === "save" || action === "reject";
    button.disabled = (deciding && reason !== "" && store.marked.size === 0) || (action !== "undo" && !entry);
    button.title = deciding && reason ? reason : `${name} (${key})`;
    if (deciding) button.setAttribute("aria-pressed", String(entry?.mine === action));
    if (deciding) button.firstChild.textContent = store.marked.size ? `${name} ${store.marked.size}` : name;
    if (action === "save" && savesFor && !reason) button.title = `Save for ${savesFor.join(", ")} (s); choose (Shift s)`;
  }
}

export function drawProgress(parts, store) {
  const { total, save, reject, skipped, left } = store.queue.counts();
  const known = Math.max(total, store.model.get("total") ?? 0);
  parts.place.textContent = total ? `${store.index + 1} / ${known}` : "0";
  parts.counts.replaceChildren(
    h("span", { dataset: { verdict: "save" } }, `${save} saved`), h("span", { dataset: { verdict: "reject" } }, `${reject} rejected`),
    h("span", {}, `${left + known - total} left`), skipped ? h("span", {}, `${skipped} skipped`) : "",
  );
  parts.progress.setAttribute("aria-valuenow", String(save + reject));
  parts.progress.setAttribute("aria-valuemax", String(known));
  const share = (count) => `${known ? (100 * count) / known : 0}%`;
  parts.progress.children[0].style.width = share(save);
  parts.progress.children[1].style.width = share(reject);
}

// One line about what is stored; shown loudly only when something waits or fails.
export function statusText(store) {
  const { state, waiting = 0, message = "" } = store.model.get("status") ?? {};
  const many = (n) => `${n} decision${n === 1 ? "" : "s"} waiting`;
  if (store.outbox.unaccepted) return { level: "bad", text: `the kernel does not answer – ${many(store.outbox.size)}` };
  if (state === "down") return { level: "bad", text: `${message || "data service not answering"} – ${many(Math.max(waiting, store.outbox.size))}` };
  if (store.failures > 1) return { level: "bad", text: "data service not answering – cards will come" };
  if (store.outbox.size) return { level: "busy", text: `storing ${store.outbox.size}` };
  return { level: "ok", text: "all stored" };
}

export function drawStrip(strip, store) {
  const first = Math.max(0, Math.min(store.index - NEIGHBOURS.before, store.queue.length - NEIGHBOURS.before - NEIGHBOURS.after - 1));
  const places = Array.from({ length: NEIGHBOURS.before + NEIGHBOURS.after + 1 }, (_, i) => first + i).filter((place) => place < store.queue.length);
  strip.replaceChildren(...places.map((place) => neighbour(store, place)));
  const current = strip.querySelector("[aria-current]");
  const leftmost = current?.previousElementSibling ?? current;
  if (leftmost) strip.scrollLeft = leftmost.offsetLeft - strip.offsetLeft - 2;
}

function neighbour(store, place) {
  const entry = store.queue.at(place);
  const science = store.cards.has(entry.id) ? store.cards.get(entry.id).cutouts?.science : null;
  const verdict = entry.mine ?? (store.queue.skipped.has(entry.id) ? "skipped" : "none");
  const brightness = entry.mag === null || entry.mag === undefined ? "" : `${(entry.filter ?? "").slice(-1)} ${fixed(entry.mag, 1)}`;
  const thumbnail = science ? h("img", { src: science, alt: "", width: 30, height: 30, decoding: "async" }) : h("span", { class: "skyhub-thumb" });
  return h("button", {
    type: "button", class: "skyhub-neighbour", dataset: { verdict }, "aria-current": place === store.index ? "true" : null,
    title: `${entry.object_id}: ${verdict === "none" ? "undecided" : verdict}`, on: { click: () => store.move(place) },
  }, thumbnail, h("span", { class: "skyhub-neighbour-text" }, h("b", {}, entry.object_id), h("small", {}, brightness)));
}

export function helpOverlay(close, offers) {
  const rows = BINDINGS.filter((binding) => binding.label && isOffered(binding, offers)).map(({ label, help }) => h("tr", {}, h("td", {}, label.split("  ").map((key) => h("kbd", {}, key))), h("td", {}, help)));
  const panel = h("div", { class: "skyhub-help-panel", role: "dialog", "aria-modal": "true", "aria-label": "Keys", on: { click: (event) => event.stopPropagation() } },
    h("h2", {}, "Keys"), h("table", {}, h("tbody", {}, rows)),
    h("p", { class: "skyhub-muted" }, "In the light curve: wheel or drag zooms, Shift and drag selects, double click shows everything."),
    h("button", { type: "button", class: "skyhub-action", on: { click: close } }, "Close"));
  return h("div", { class: "skyhub-help", hidden: true, on: { click: close } }, panel);
}

export function showToast(box, text, kind) {
  const toast = h("div", { class: "skyhub-toast", dataset: { kind } }, text);
  box.append(toast);
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(() => toast.remove(), kind === "bad" ? 2 * TOAST_MS : TOAST_MS);
}
