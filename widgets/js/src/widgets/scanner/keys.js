// The keyboard of the scanner. Keys work as soon as it is on the page; in JupyterLab only while it has the focus,
// because there "x" and "j" belong to the notebook.
import { insideLab, isShown, isTyping } from "../lib/dom.js";

const REGISTRY = Symbol.for("skyhub.scanners");

export const BINDINGS = [
  { action: "next", keys: ["ArrowRight", "j", " "], label: "→  j  space", help: "next candidate", repeats: true },
  { action: "previous", keys: ["ArrowLeft", "k"], label: "←  k", help: "previous candidate", repeats: true },
  { action: "save", keys: ["s"], label: "s", help: "save, and go on to the next undecided" },
  { action: "reject", keys: ["x", "r"], label: "x  r", help: "reject, and go on" },
  { action: "undo", keys: ["u"], label: "u", help: "undo your last decision and go back to it" },
  { action: "skip", keys: ["n"], label: "n", help: "skip: leave it undecided and go on" },
  { action: "open", keys: ["o"], label: "o", help: "open the source" },
  { action: "crosshair", keys: ["c"], label: "c", help: "cross-hair on or off" },
  { action: "help", keys: ["?"], label: "?", help: "this help" },
  { action: "escape", keys: ["Escape"], label: "Esc", help: "close what is open" },
];

const byKey = new Map(BINDINGS.flatMap((binding) => binding.keys.map((key) => [key, binding])));

export function bindingOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  return byKey.get(event.key) ?? byKey.get(event.key.toLowerCase()) ?? null;
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
  for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener, true);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener, true);
  };
}

export function attachKeys(root, scope, act) {
  const { roots } = registry();
  const keepLists = scope() === "page" ? releaseLists() : () => {};
  const onKey = (event) => {
    const binding = bindingOf(event);
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
