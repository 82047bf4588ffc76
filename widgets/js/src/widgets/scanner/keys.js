// The keyboard of the scanner. Keys work as soon as it is on the page; in JupyterLab only while it has the focus,
// because there "x" and "j" belong to the notebook.
import { insideLab, isShown, isTyping, listenTo } from "../lib/dom.js";

const REGISTRY = Symbol.for("skyhub.scanners");

export const BINDINGS = [
  { action: "next", keys: ["ArrowRight", "j", " "], label: "→  j  space", help: "next candidate", repeats: true },
  { action: "previous", keys: ["ArrowLeft", "k"], label: "←  k", help: "previous candidate", repeats: true },
  { action: "save", keys: ["s"], label: "s", help: "save for the groups chosen last, and go on to the next undecided" },
  { action: "saveTo", keys: ["S"], label: "S", help: "save, and choose the groups", desk: true },
  { action: "reject", keys: ["x", "r"], label: "x  r", help: "reject, and go on" },
  { action: "undo", keys: ["u"], label: "u", help: "undo your last decision, or the last of several at once" },
  { action: "skip", keys: ["n"], label: "n", help: "skip: leave it undecided and go on" },
  { action: "classify", keys: ["t"], label: "t", help: "give it a class", desk: true },
  { action: "comment", keys: ["m"], label: "m", help: "comment", desk: true },
  { action: "groups", keys: ["g"], label: "g", help: "groups that have it as a source", desk: true },
  { action: "why", keys: ["w"], label: "w", help: "to why it is here, positions, neighbours; and back", desk: true },
  { action: "open", keys: ["o"], label: "o", help: "open the source" },
  { action: "notebook", keys: ["l"], label: "l", help: "the same as a notebook in JupyterLab", notebook: true },
  { action: "crosshair", keys: ["c"], label: "c", help: "cross-hair on or off" },
  { action: "mode", keys: ["v"], label: "v", help: "one card, or a grid of many" },
  { action: "mark", keys: ["b"], label: "b", help: "mark for a decision on several at once (in the grid also space)" },
  { action: "markAll", keys: ["a"], label: "a", help: "grid: mark all that are undecided on this page, or none" },
  { action: "down", keys: ["ArrowDown"], label: "↓  ↑", help: "grid: next and previous row", grid: true, repeats: true },
  { action: "up", keys: ["ArrowUp"], help: "grid: previous row", grid: true, repeats: true },
  { action: "pageDown", keys: ["]", "PageDown"], label: "]  [", help: "grid: next and previous page", grid: true, repeats: true },
  { action: "pageUp", keys: ["[", "PageUp"], help: "grid: previous page", grid: true, repeats: true },
  { action: "help", keys: ["?"], label: "?", help: "this help" },
  { action: "escape", keys: ["Escape"], label: "Esc", help: "close what is open; take all marks away" },
];

const byKey = new Map(BINDINGS.flatMap((binding) => binding.keys.map((key) => [key, binding])));

export function bindingOf(event, grid = false) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (grid && event.key === " ") return byKey.get("b");
  const letter = event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase(); // whatever Caps Lock says
  const binding = byKey.get(event.key.length === 1 ? letter : event.key) ?? byKey.get(event.key.toLowerCase()) ?? null;
  return binding?.grid && !grid ? null : binding;
}

function registry() {
  globalThis[REGISTRY] ??= { roots: new Set(), last: null };
  return globalThis[REGISTRY];
}

// Of several scanners on a page only one reacts: the visible one used last, else the first visible one.
function reacts(root) {
  const { roots, last } = registry();
  const shown = [...roots].filter(isShown);
  if (shown.includes(last)) return last === root;
  return shown.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0] === root;
}

function isOurs(root, event, scope) {
  const needsFocus = scope === "focus" || (scope === "auto" && insideLab(root));
  return needsFocus ? root.contains(document.activeElement) && isShown(root) : !isTyping(event) && reacts(root);
}

// A button reached with Tab keeps its space bar and its Enter.
const worksButton = (event) => event.key === " " && event.target.matches?.("button:focus-visible, a:focus-visible, summary");

// A choice made in a list with the mouse gives the keys back at once; one made with the keyboard goes on.
function releaseLists() {
  let pointed = false;
  const listeners = {
    pointerdown: () => (pointed = true),
    keydown: () => (pointed = false),
    change: (event) => pointed && event.target.matches?.("select") && event.target.blur(),
  };
  return listenTo(document, listeners, true);
}

export function attachKeys(root, scope, act) {
  const { roots } = registry();
  const keepLists = scope() === "page" ? releaseLists() : () => {};
  const onKey = (event) => {
    const binding = bindingOf(event, act.inGrid());
    if (!binding || event.defaultPrevented || isTyping(event) || worksButton(event) || !isOurs(root, event, scope())) return;
    if (binding.action === "escape" && !act.wantsEscape()) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && !binding.repeats) return;
    act(binding.action, event.timeStamp);
  };
  const used = () => {
    registry().last = root;
  };
  roots.add(root);
  document.addEventListener("keydown", onKey, true);
  root.addEventListener("pointerdown", used);
  root.addEventListener("focusin", used);
  return () => {
    roots.delete(root);
    keepLists();
    if (registry().last === root) registry().last = null;
    document.removeEventListener("keydown", onKey, true);
  };
}
