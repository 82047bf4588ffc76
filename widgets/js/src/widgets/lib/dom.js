// Elements, ids and announcements: the few helpers that every widget needs.

// h("button", {class: "x", on: {click: f}, "aria-label": "Save"}, "Save", other)
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function setProp(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") {
    for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
  } else if (name === "dataset") {
    Object.assign(element.dataset, value);
  } else {
    element.setAttribute(name, value === true ? "" : value);
  }
}

// Listens to an element or another target of events; returns what ends it
export function listenTo(target, listeners, options) {
  for (const [name, listener] of Object.entries(listeners)) target.addEventListener(name, listener, options);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) target.removeEventListener(name, listener, options);
  };
}

// Hears the changes and messages of a widget's model; returns what ends it
export function hearModel(model, handlers) {
  for (const [names, handler] of Object.entries(handlers)) model.on(names, handler);
  return () => {
    for (const [names, handler] of Object.entries(handlers)) model.off(names, handler);
  };
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A version 4 UUID, also where crypto.randomUUID is missing (pages that are neither https nor localhost).
export function uuid() {
  if (globalThis.crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// Text that a screen reader says when it changes.
export function announcer() {
  return h("div", { class: "skyhub-sr", role: "status", "aria-live": "polite" });
}

export function isTyping(event) {
  const target = event.composedPath?.()[0] ?? event.target;
  if (!(target instanceof Element)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

export function isShown(element) {
  return element.isConnected && element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
}

// In JupyterLab the page belongs to Lab: its address, its theme and its keys are not ours to take.
export function insideLab(element) {
  return element.closest(".jp-LabShell, .jp-NotebookPanel, .jp-NotebookShell") !== null;
}

export function readStored(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

export function store(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Private windows refuse storage: what is remembered is a comfort, not a need.
  }
}

export async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = h("textarea", { class: "skyhub-sr", readonly: true });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("The browser refused to copy.");
  return undefined;
}
