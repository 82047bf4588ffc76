// Mouse, touch and keyboard of a spectrum: zoom and pan along the wavelengths, and the region to measure.
import { listenTo } from "./dom.js";
import { wheelFactor } from "./stage.js";

const CLICK = 4; // pixels below which a drag is a click
const STEP = 0.15; // of the range, for a key

// `host` has plot, mode ("zoom" or "measure"), show(range), measure(range), hover(place), toggleMode().
export function attachSpectrumInput(surface, band, host) {
  let start = null;

  const at = (event) => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const clamped = (x) => Math.max(host.plot.box.left, Math.min(host.plot.box.left + host.plot.box.width, x));
  const measuring = (event) => (host.mode === "measure") !== event.shiftKey;

  const showBand = (from, to) => {
    band.hidden = from === null;
    if (from === null) return;
    const { top, height } = host.plot.box;
    Object.assign(band.style, { left: `${Math.min(from, to)}px`, width: `${Math.abs(to - from)}px`, top: `${top}px`, height: `${height}px` });
  };

  const zoom = (factor, px) => {
    const [x0, x1] = host.plot.xRange;
    const [full0, full1] = host.plot.full;
    const centre = host.plot.toWavelength(px);
    const range = [centre + (x0 - centre) * factor, centre + (x1 - centre) * factor];
    if (range[1] - range[0] < 1 || range[1] - range[0] > (full1 - full0) * 4) return;
    host.show(range);
  };
  const pan = (part) => {
    const [x0, x1] = host.plot.xRange;
    host.show([x0 + (x1 - x0) * part, x1 + (x1 - x0) * part]);
  };
  const middle = () => host.plot.box.left + host.plot.box.width / 2;

  const keys = {
    ArrowLeft: () => pan(-STEP),
    ArrowRight: () => pan(STEP),
    "+": () => zoom(0.7, middle()),
    "=": () => zoom(0.7, middle()),
    "-": () => zoom(1 / 0.7, middle()),
    0: () => host.show(null),
    m: () => host.toggleMode(),
    Escape: () => host.measure(null),
  };

  const listeners = {
    pointerdown(event) {
      if (event.button > 1) return;
      const { x } = at(event);
      start = { x: clamped(x), pans: event.button === 1 || event.altKey, range: host.plot.xRange };
      surface.setPointerCapture(event.pointerId);
      if (start.pans) event.preventDefault();
    },
    pointermove(event) {
      const { x, y } = at(event);
      if (!start) {
        host.hover({ x, y });
      } else if (start.pans) {
        const [x0, x1] = start.range;
        const shift = ((start.x - x) / host.plot.box.width) * (x1 - x0);
        host.show([x0 + shift, x1 + shift]);
      } else showBand(start.x, clamped(x));
    },
    pointerup(event) {
      const from = start;
      start = null;
      showBand(null);
      if (!from || from.pans) return;
      const to = clamped(at(event).x);
      if (Math.abs(to - from.x) < CLICK) return;
      const range = [from.x, to].map((px) => host.plot.toWavelength(px)).sort((a, b) => a - b);
      if (measuring(event)) host.measure(range);
      else host.show(range);
    },
    pointercancel() {
      start = null;
      showBand(null);
    },
    pointerleave: () => host.hover(null),
    dblclick: () => host.show(null),
    wheel(event) {
      event.preventDefault();
      zoom(wheelFactor(event), at(event).x);
    },
    keydown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    },
  };
  return listenTo(surface, listeners, { passive: false });
}
