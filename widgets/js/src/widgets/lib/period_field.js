// A period to try: typed, halved, doubled, and moved in steps much finer than the width of a peak.
import { h } from "./dom.js";
import { numberField } from "./fields.js";

const STEPS = 100; // of the slider to each side
const WIDTHS = 2; // of a peak, 1/(time from first to last point), that the slider reaches to each side

// chosen(period) is called with each period (d); `span()` gives the time from first to last point (d).
export function periodField({ span, chosen }) {
  let period = null;
  let middle = null; // the frequency (1/d) about which the slider moves
  const field = numberField("period (d)", { min: 1e-6, width: 10, allowEmpty: false, title: "Period (days)", chosen: (value) => take(value, true) });
  const slider = h("input", { type: "range", min: -STEPS, max: STEPS, step: 1, value: 0, "aria-label": "Period in fine steps", title: "Period in fine steps" });
  const factor = (text, by, title) =>
    h("button", { type: "button", class: "skyhub-tool", title, "aria-label": title, on: { click: () => period && take(period * by, true) } }, text);

  const take = (value, settled) => {
    show(value, settled);
    chosen(value);
  };
  const show = (value, settled = value !== period) => {
    period = value;
    field.show(value === null ? null : Number(value.toPrecision(9)));
    if (settled && value) {
      middle = 1 / value;
      slider.value = 0;
    }
  };
  slider.addEventListener("input", () => {
    if (!middle) return;
    const frequency = middle + ((Number(slider.value) / STEPS) * WIDTHS) / Math.max(span(), 1e-3);
    if (frequency > 0) take(1 / frequency, false);
  });
  slider.addEventListener("change", () => show(period, true));
  const root = h("div", { class: "skyhub-period", role: "group", "aria-label": "Period" }, field.root, factor("÷2", 0.5, "Half the period"), factor("×2", 2, "Twice the period"), slider);
  return { root, show };
}
