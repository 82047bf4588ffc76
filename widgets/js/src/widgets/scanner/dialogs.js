// What asks before it acts: for which groups to save, a class, a comment, the groups of a source. All of it by keyboard.
import { h, readStored, store as keep } from "../lib/dom.js";

const storageOf = (user) => `skyhub-save-groups:${user}`;

// The groups that the viewer chose last, of those still permitted; null without a choice
export function rememberedGroups(store) {
  const permitted = store.model.get("groups") ?? [];
  const kept = (readStored(storageOf(store.user)) ?? []).filter((group) => permitted.includes(group));
  return kept.length ? kept : null;
}

export const rememberGroups = (store, groups) => keep(storageOf(store.user), groups);

function groupChoice(groups, chosen, noted) {
  const boxes = groups.map((group, i) => {
    const box = h("input", { type: "checkbox", value: group });
    box.checked = chosen.includes(group);
    return h("label", { class: "skyhub-option" }, box, h("kbd", { "aria-hidden": "true" }, i < 9 ? String(i + 1) : ""), h("span", {}, group), h("span", { class: "skyhub-muted" }, noted(group)));
  });
  return h("div", { class: "skyhub-options", role: "group", "aria-label": "Groups" }, boxes);
}

const checked = (form) => [...form.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value);

// One dialog at a time; `submit(form)` says whether it may close
export class Dialog {
  constructor(container, closed) {
    this.closed = closed;
    this.root = h("div", { class: "skyhub-help skyhub-dialog", hidden: true, on: { click: (event) => event.target === this.root && this.close() } });
    this.root.addEventListener("keydown", (event) => this.#key(event));
    container.append(this.root);
  }

  get open() {
    return !this.root.hidden;
  }

  show(title, verb, content, submit, focus) {
    this.form = h("form", { class: "skyhub-help-panel", role: "dialog", "aria-modal": "true", "aria-label": title, novalidate: true, on: {
      submit: (event) => {
        event.preventDefault();
        this.submit();
      },
    } }, h("h2", {}, title), ...content, h("div", { class: "skyhub-dialog-foot" },
      h("button", { type: "submit", class: "skyhub-action" }, verb, h("kbd", { "aria-hidden": "true" }, "Enter")),
      h("button", { type: "button", class: "skyhub-action", on: { click: () => this.close() } }, "Cancel", h("kbd", { "aria-hidden": "true" }, "Esc"))));
    this.onSubmit = submit;
    this.root.replaceChildren(this.form);
    this.root.hidden = false;
    (this.form.querySelector(focus) ?? this.form.querySelector("button")).focus();
  }

  submit() {
    if (this.onSubmit(this.form)) this.close();
  }

  close() {
    this.root.hidden = true;
    this.closed();
  }

  #key(event) {
    const boxes = [...this.form.querySelectorAll("input[type=checkbox]")];
    const typing = event.target.matches("input:not([type=checkbox]), textarea");
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target.matches("input")) this.submit();
    else if (event.key === "Enter" && event.ctrlKey) this.submit();
    else if (!typing && boxes[Number(event.key) - 1]) boxes[Number(event.key) - 1].click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

export function askGroups(dialog, store, count, save) {
  const passed = new Set((store.card?.filters ?? []).map((filter) => filter.group));
  const groups = store.model.get("groups");
  const theirs = groups.filter((group) => passed.has(group));
  const chosen = rememberedGroups(store) ?? (theirs.length ? theirs : groups);
  const note = (group) => (passed.has(group) ? "its filter let it through" : "");
  const title = count > 1 ? `Save ${count} candidates for` : `Save ${store.entry.object_id} for`;
  const hint = h("p", { class: "skyhub-muted" }, "Your choice is remembered: s saves for it at once, Shift s asks again.");
  dialog.show(title, "Save", [groupChoice(groups, chosen, note), hint], (form) => {
    const wanted = checked(form);
    if (wanted.length === 0) return void store.toast("Choose at least one group.", "bad");
    rememberGroups(store, wanted);
    save(wanted);
    return true;
  }, "input");
}

export function askKeep(dialog, store) {
  const { object_id } = store.entry;
  const groups = store.model.get("groups");
  const saved = (store.card?.saved ?? []).map((entry) => entry.group);
  const by = Object.fromEntries((store.card?.saved ?? []).map((entry) => [entry.group, `saved by ${entry.saved_by}`]));
  dialog.show(`Groups of ${object_id}`, "Set", [groupChoice(groups, saved, (group) => by[group] ?? "")], (form) => {
    const wanted = checked(form);
    store.ask({ type: "keep", object_id, groups: wanted.filter((group) => !saved.includes(group)), others: saved.filter((group) => groups.includes(group) && !wanted.includes(group)) });
    return true;
  }, "input");
}

export function askComment(dialog, store) {
  const { object_id } = store.entry;
  const field = h("textarea", { rows: 4, maxlength: 20000, "aria-label": "Comment", placeholder: "Markdown; @name mentions somebody" });
  const hint = h("p", { class: "skyhub-muted" }, "Ctrl Enter sends it. Your groups that see the object see the comment.");
  dialog.show(`Comment on ${object_id}`, "Send", [field, hint], () => {
    const text = field.value.trim();
    if (!text) return void store.toast("Write something first.", "bad");
    store.ask({ type: "comment", object_id, text });
    return true;
  }, "textarea");
}

export function askClass(dialog, store) {
  const { object_id } = store.entry;
  const list = h("datalist", { id: "skyhub-classes" }, store.classes.map((name) => h("option", { value: name })));
  const name = h("input", { type: "text", list: "skyhub-classes", "aria-label": "Class", placeholder: "Class, such as SN Ia", autocomplete: "off" });
  const probability = h("input", { type: "number", min: 0, max: 1, step: 0.05, "aria-label": "Probability", placeholder: "probability 0 to 1, if known" });
  dialog.show(`Classify ${object_id}`, "Classify", [name, list, probability], () => {
    const classification = name.value.trim();
    const value = probability.value === "" ? null : Number(probability.value);
    if (!classification) return void store.toast("Name a class.", "bad");
    if (value !== null && !(value >= 0 && value <= 1)) return void store.toast("A probability is between 0 and 1.", "bad");
    store.ask({ type: "classify", object_id, classification, probability: value });
    return true;
  }, "input");
}
