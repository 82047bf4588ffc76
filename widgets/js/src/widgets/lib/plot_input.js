// Mouse, touch and keyboard of a light curve: zoom by wheel or box, box selection, hover, stepping through points.
import { lowerBound } from "./photometry.js";

const CLICK = 5; // pixels below which a drag is a click

// `host` has plot, redraw(), hover(index), select(indices), mode ("zoom" or "select") and keyboard (boolean).
export function attachInput(surface, band, host) {
  let start = null;
  let pending = null;
  let stepped = -1;

  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  const rectangle = (a, b, selecting) => {
    const { left, top, width, height } = host.plot.box;
    const thin = !selecting && Math.abs(a.y - b.y) < 14;
    return {
      left: Math.max(left, Math.min(a.x, b.x)),
      right: Math.min(left + width, Math.max(a.x, b.x)),
      top: thin ? top : Math.max(top, Math.min(a.y, b.y)),
      bottom: thin ? top + height : Math.min(top + height, Math.max(a.y, b.y)),
    };
  };

  const isSelecting = (event) => (host.mode === "select") !== event.shiftKey;

  const showBand = (box) => {
    band.hidden = box === null;
    if (box === null) return;
    Object.assign(band.style, {
      left: `${box.left}px`, top: `${box.top}px`, width: `${box.right - box.left}px`, height: `${box.bottom - box.top}px`,
    });
  };

  const finish = (event) => {
    const from = start;
    start = null;
    showBand(null);
    if (!from) return;
    const to = place(event);
    const selecting = isSelecting(event);
    if (Math.abs(from.x - to.x) < CLICK && Math.abs(from.y - to.y) < CLICK) {
      if (selecting) host.select([]);
      return;
    }
    const box = rectangle(from, to, selecting);
    if (selecting) host.select(host.plot.inside(box));
    else {
      host.plot.zoomTo(box);
      host.redraw();
    }
  };

  const step = (direction) => {
    const { arrays } = host.plot;
    if (!arrays?.n) return;
    let k = stepped < 0 ? (direction > 0 ? -1 : arrays.n) : lowerBound(arrays.sorted, arrays.mjd[stepped]);
    while (arrays.order[k] !== stepped && stepped >= 0) k += 1;
    do k += direction;
    while (k >= 0 && k < arrays.n && !host.plot.isVisible(arrays.order[k]));
    if (k < 0 || k >= arrays.n) return;
    stepped = arrays.order[k];
    host.hover(stepped, true);
  };

  const zoomAtCentre = (factor) => {
    const { left, top, width, height } = host.plot.box;
    host.plot.zoom(factor, left + width / 2, top + height / 2, false);
    host.redraw();
  };

  const keys = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    "+": () => zoomAtCentre(0.7),
    "=": () => zoomAtCentre(0.7),
    "-": () => zoomAtCentre(1 / 0.7),
    0: () => host.reset(),
    Escape: () => host.hover(-1),
  };

  const listeners = {
    pointerdown(event) {
      if (event.button !== 0) return;
      start = place(event);
      surface.setPointerCapture(event.pointerId);
    },
    pointermove(event) {
      if (start) showBand(rectangle(start, place(event), isSelecting(event)));
      if (pending !== null) return;
      pending = requestAnimationFrame(() => {
        pending = null;
        const { x, y } = place(event);
        if (!start) host.hover(host.plot.nearest(x, y));
      });
    },
    pointerup: finish,
    pointercancel() {
      start = null;
      showBand(null);
    },
    pointerleave() {
      if (!start) host.hover(-1);
    },
    dblclick: () => host.reset(),
    wheel(event) {
      event.preventDefault();
      const { x, y } = place(event);
      const size = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      host.plot.zoom(Math.exp(Math.max(-60, Math.min(60, size)) * 0.004), x, y, event.ctrlKey || event.altKey);
      host.redraw();
    },
    keydown(event) {
      if (!host.keyboard || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    },
  };
  for (const [name, listener] of Object.entries(listeners)) surface.addEventListener(name, listener, { passive: false });
  return () => {
    if (pending !== null) cancelAnimationFrame(pending);
    for (const [name, listener] of Object.entries(listeners)) surface.removeEventListener(name, listener);
  };
}
