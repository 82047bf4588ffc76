// The few tools of a light curve on a card: each button says what it changes to.
import { h } from "./dom.js";

export const tool = (name, title, click) => h("button", { type: "button", class: "skyhub-tool", title, on: { click } }, name);

export function fewTools(view) {
  const buttons = {
    y: tool("flux", "Show flux or magnitude", () => view.choose({ yAxis: view.options.yAxis === "mag" ? "flux" : "mag" })),
    x: tool("days", "Show days or MJD", () => view.choose({ xAxis: view.options.xAxis === "mjd" ? "days" : "mjd" })),
    mode: tool("select", "Drag selects points instead of zooming (or hold Shift)", () => view.chooseMode(view.mode === "zoom" ? "box" : "zoom")),
    reset: tool("reset", "Show everything (double click)", () => view.reset()),
    table: tool("table", "The points as a table", () => view.toggleTable()),
  };
  return {
    root: h("div", { class: "skyhub-lc-tools" }, ...Object.values(buttons)),
    sync() {
      buttons.y.textContent = view.options.yAxis === "mag" ? "flux" : "mag";
      buttons.x.textContent = view.options.xAxis === "mjd" ? "days" : "MJD";
      buttons.mode.setAttribute("aria-pressed", String(view.mode !== "zoom"));
    },
  };
}
