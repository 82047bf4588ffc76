// Science, template and difference image side by side; a missing one is said, not faked.
import { h } from "./dom.js";

export const KINDS = ["science", "template", "difference"];
const TITLES = { science: "Science", template: "Template", difference: "Difference" };

// Images of one candidate, decoded ahead so that they can be shown without a gap
export function loadImages(cutouts, objectId) {
  const images = {};
  for (const kind of KINDS) {
    if (!cutouts?.[kind]) continue;
    const image = h("img", { alt: `${TITLES[kind]} image of ${objectId || "the candidate"}`, draggable: "false" });
    image.decoding = "sync";
    image.src = cutouts[kind];
    images[kind] = image;
    image.ready = image.decode().catch(() => {
      images[kind] = missing(kind, "cannot be read");
      image.replaceWith(images[kind]);
    });
  }
  return images;
}

const missing = (kind, why) => h("span", { class: "skyhub-cutout-missing" }, `${TITLES[kind]} image ${why}`);

export class CutoutRow {
  constructor(container, { crosshair = true, labels = TITLES, onCrosshair = null } = {}) {
    this.onCrosshair = onCrosshair;
    this.frames = Object.fromEntries(KINDS.map((kind) => [kind, h("div", { class: "skyhub-cutout-frame" })]));
    const figures = KINDS.map((kind) => h("figure", { class: "skyhub-cutout" }, this.frames[kind], h("figcaption", {}, labels[kind] ?? TITLES[kind])));
    this.root = h("div", { class: "skyhub-cutouts", role: "group", "aria-label": "Image cutouts", on: { click: () => this.toggle() } }, figures);
    this.setCrosshair(crosshair);
    container.append(this.root);
  }

  setCrosshair(shown) {
    this.crosshair = shown;
    this.root.classList.toggle("skyhub-crosshair", shown);
  }

  toggle() {
    this.setCrosshair(!this.crosshair);
    this.onCrosshair?.(this.crosshair);
  }

  // `images` from loadImages
  show(images) {
    for (const kind of KINDS) this.frames[kind].replaceChildren(images[kind] ?? missing(kind, "not in this alert"));
  }

  close() {
    this.root.remove();
  }
}
