// Mouse, touch and keyboard of a light curve: zoom by wheel or box, selection by box or lasso, hover, stepping through points.
import { listenTo } from "./dom.js";
import { wheelFactor } from "./stage.js";

const CLICK = 5; // pixels below which a drag is a click
const THIN = 14; // pixels below which a zoom box means a range of times

// Whether a place is inside a polygon of places: an odd number of its sides is to the right.
export function isInside(polygon, x, y) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [a, b] = [polygon[i], polygon[j]];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

// `host` has plot, redraw(), settle(), reset(), hover(index, announce), select(indices), toggle(index), lasso(path or null), mode
// ("zoom", "box" or "lasso") and keyboard (boolean).
export function attachInput(surface, band, host) {
  let path = null;
  let pending = null;
  let stepped = -1;

  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  // Shift chooses the other of zooming and selecting.
  const modeOf = (event) => (event.shiftKey ? (host.mode === "zoom" ? "box" : "zoom") : host.mode);

  const rectangle = (a, b, mode) => {
    const { left, top, width, height } = host.plot.box;
    const thin = mode === "zoom" && Math.abs(a.y - b.y) < THIN;
    return {
      left: Math.max(left, Math.min(a.x, b.x)),
      right: Math.min(left + width, Math.max(a.x, b.x)),
      top: thin ? top : Math.max(top, Math.min(a.y, b.y)),
      bottom: thin ? top + height : Math.min(top + height, Math.max(a.y, b.y)),
    };
  };

  const showBand = (box) => {
    band.hidden = box === null;
    if (box === null) return;
    Object.assign(band.style, {
      left: `${box.left}px`, top: `${box.top}px`, width: `${box.right - box.left}px`, height: `${box.bottom - box.top}px`,
    });
  };

  const drag = (event) => {
    const mode = modeOf(event);
    path.push(place(event));
    showBand(mode === "lasso" ? null : rectangle(path[0], path.at(-1), mode));
    host.lasso(mode === "lasso" ? path : null);
  };

  const end = () => {
    path = null;
    showBand(null);
    host.lasso(null);
  };

  const finish = (event) => {
    if (!path) return;
    const ways = [...path, place(event)];
    end();
    const mode = modeOf(event);
    if (ways.every(({ x, y }) => Math.abs(ways[0].x - x) < CLICK && Math.abs(ways[0].y - y) < CLICK)) {
      if (mode !== "zoom") host.select([]);
    } else if (mode === "lasso") {
      const xs = ways.map(({ x }) => x);
      host.select(host.plot.inside(Math.min(...xs), Math.max(...xs), (x, y) => isInside(ways, x, y)));
    } else {
      const box = rectangle(ways[0], ways.at(-1), mode);
      if (mode === "box") host.select(host.plot.inside(box.left, box.right, (x, y) => y >= box.top && y <= box.bottom));
      else zoomTo(box);
    }
  };

  const zoomTo = (box) => {
    host.plot.zoomTo(box);
    host.redraw();
  };

  const step = (direction) => {
    host.settle();
    const { places, arrays } = host.plot;
    if (!arrays?.n || !places) return;
    let k = stepped < 0 ? (direction > 0 ? -1 : places.point.length) : places.point.indexOf(stepped);
    do k += direction;
    while (k >= 0 && k < places.point.length && !host.plot.isVisible(places.point[k]));
    if (k < 0 || k >= places.point.length) return;
    stepped = places.point[k];
    host.hover(stepped, true);
  };

  const zoomAtCentre = (factor) => {
    const { left, top, width, height } = host.plot.box;
    host.plot.zoom(factor, left + width / 2, top + height / 2, false);
    host.redraw();
  };

  const pan = (part) => {
    host.plot.pan(part);
    host.redraw();
  };

  const keys = {
    ArrowRight: (event) => (event.shiftKey ? pan(0.2) : step(1)),
    ArrowLeft: (event) => (event.shiftKey ? pan(-0.2) : step(-1)),
    "+": () => zoomAtCentre(0.7),
    "=": () => zoomAtCentre(0.7),
    "-": () => zoomAtCentre(1 / 0.7),
    0: () => host.reset(),
    Enter: () => host.toggle(host.hovered),
    Escape: () => (host.hovered >= 0 ? host.hover(-1) : host.select([])),
  };

  const listeners = {
    pointerdown(event) {
      if (event.button !== 0) return;
      path = [place(event)];
      surface.setPointerCapture(event.pointerId);
    },
    pointermove(event) {
      if (path) drag(event);
      if (pending !== null) return;
      pending = requestAnimationFrame(() => {
        pending = null;
        const { x, y } = place(event);
        if (!path) host.hover(host.plot.nearest(x, y));
      });
    },
    pointerup: finish,
    pointercancel: end,
    pointerleave() {
      if (!path) host.hover(-1);
    },
    dblclick: () => host.reset(),
    wheel(event) {
      event.preventDefault();
      const { x, y } = place(event);
      host.plot.zoom(wheelFactor(event), x, y, event.ctrlKey || event.altKey);
      host.redraw();
    },
    keydown(event) {
      if (!host.keyboard || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key](event);
    },
  };
  const unlisten = listenTo(surface, listeners, { passive: false });
  return () => {
    if (pending !== null) cancelAnimationFrame(pending);
    unlisten();
  };
}
