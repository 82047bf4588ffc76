// The CutoutTriplet widget: traits science, template, difference (data URLs), object_id, labels, crosshair, size.
import { CutoutRow, KINDS, loadImages } from "./lib/cutouts.js";

function render({ model, el }) {
  el.classList.add("skyhub-widget");
  const row = new CutoutRow(el, {
    crosshair: model.get("crosshair"),
    labels: model.get("labels"),
    onCrosshair(shown) {
      model.set("crosshair", shown);
      model.save_changes();
    },
  });
  const draw = () => row.show(loadImages(Object.fromEntries(KINDS.map((kind) => [kind, model.get(kind)])), model.get("object_id")));
  const sized = () => row.root.style.setProperty("--sw-cutout", `${model.get("size")}px`);
  const crossed = () => row.setCrosshair(model.get("crosshair"));
  const events = [...KINDS, "object_id"].map((name) => `change:${name}`).join(" ");
  model.on(events, draw);
  model.on("change:crosshair", crossed);
  model.on("change:size", sized);
  sized();
  draw();
  return () => {
    model.off(events, draw);
    model.off("change:crosshair", crossed);
    model.off("change:size", sized);
    row.close();
  };
}

export default { render };
