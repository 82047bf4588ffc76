// The place of a plot on the page: canvases above each other, the band of a drag, the note at the pointer, what is said when empty
import { h } from "./dom.js";

export function plotStage(emptyText, tabindex) {
  const parts = {
    canvas: h("canvas", { class: "skyhub-lc-canvas", "aria-hidden": "true" }),
    overlay: h("canvas", { class: "skyhub-lc-overlay", role: "img", tabindex }),
    band: h("div", { class: "skyhub-lc-band", hidden: true }),
    tip: h("div", { class: "skyhub-lc-tip", hidden: true }),
    empty: h("p", { class: "skyhub-lc-empty" }, emptyText),
  };
  return { ...parts, stage: h("div", { class: "skyhub-lc-stage" }, ...Object.values(parts)) };
}

// By what factor a turn of the wheel changes what is in view; some mice tell lines, not pixels
export function wheelFactor({ deltaMode, deltaY }) {
  const pixels = deltaMode === 1 ? deltaY * 16 : deltaY;
  return Math.exp(Math.max(-60, Math.min(60, pixels)) * 0.004);
}

// Draws a view again when its stage changes its size; returns what ends it, and all that `ends` ends
export function keepSize(view, ends) {
  const observer = new ResizeObserver(() => view.redraw());
  observer.observe(view.stage);
  return () => {
    observer.disconnect();
    for (const end of ends) end();
    if (view.frame) cancelAnimationFrame(view.frame);
    view.root.remove();
  };
}
