// One view of a SkyPlot: a canvas with the sky, a tip, a legend; keys step through the points.
import { announcer, h, hearModel } from "../lib/dom.js";
import { isSeam, project, unproject } from "./projection.js";

const NEAR = 8; // pixels
const CLICK = 5; // pixels below which a drag is a click
const MANY = 3000; // points; more are drawn smaller

const floats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
const lines = (layer) => layer.starts.map((start, k) => [start, layer.starts[k + 1] ?? layer.lon.length]);

export class SkyView {
  constructor(model, el) {
    this.model = model;
    this.#build(el);
    const drawn = () => this.draw();
    const handlers = { "change:data": () => this.#take(), "change:centre": () => this.#take(), "change:selected": drawn, "change:title": drawn, "change:height": drawn };
    const unhear = hearModel(model, handlers);
    const observer = new ResizeObserver(drawn);
    observer.observe(this.root);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", drawn);
    const themed = new MutationObserver(drawn);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.#take();
    this.close = () => {
      unhear();
      observer.disconnect();
      themed.disconnect();
      dark.removeEventListener("change", drawn);
      this.root.remove();
    };
  }

  #build(el) {
    this.canvas = h("canvas", { class: "skyhub-sky-canvas", tabindex: "0", role: "img", on: {
      pointerdown: (event) => this.#press(event), pointermove: (event) => this.#move(event), pointerup: (event) => this.#release(event),
      pointerleave: () => this.#point(-1), keydown: (event) => this.#key(event),
    } });
    this.tip = h("div", { class: "skyhub-sky-tip", hidden: true });
    this.band = h("div", { class: "skyhub-sky-band", hidden: true });
    this.legend = h("div", { class: "skyhub-sky-legend" });
    this.live = announcer();
    this.root = h("figure", { class: "skyhub-sky" }, h("div", { class: "skyhub-sky-place" }, this.canvas, this.band, this.tip), this.legend, this.live);
    el.append(this.root);
  }

  // The layers with their places in the plane, and all points that have a label as one list.
  #take() {
    const centre = this.model.get("centre");
    this.layers = this.model.get("data").map((layer) => {
      const [lon, lat] = [floats(layer.lon), floats(layer.lat)];
      return { ...layer, lon, lat, plane: project(lon, lat, centre) };
    });
    this.known = this.layers.filter((layer) => layer.kind === "points").flatMap((layer) => layer.labels.map((label, i) => ({ layer, i, label })));
    this.at = -1;
    this.tip.hidden = true;
    this.draw();
  }

  get scale() {
    return Math.max(20, Math.min(this.canvas.clientWidth / 4.1, this.canvas.clientHeight / 2.1));
  }

  #colour(name) {
    return name.startsWith("#") ? name : getComputedStyle(this.root).getPropertyValue(`--sw-${name}`).trim() || "#0b5cad";
  }

  draw() {
    this.canvas.style.height = `${Math.min(this.model.get("height"), Math.max(120, this.root.clientWidth * 0.52))}px`;
    const ratio = globalThis.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.translate(width / 2, height / 2);
    this.#graticule(ctx);
    for (const layer of this.layers) layer.kind === "points" ? this.#points(ctx, layer) : this.#lines(ctx, layer);
    this.#marks(ctx);
    this.#describe();
  }

  #graticule(ctx) {
    const scale = this.scale;
    const centre = this.model.get("centre");
    ctx.strokeStyle = this.#colour("border");
    ctx.fillStyle = this.#colour("muted");
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.ellipse(0, 0, 2 * scale, scale, 0, 0, 2 * Math.PI);
    ctx.stroke();
    ctx.globalAlpha = 0.6;
    ctx.beginPath();
    const parallels = Float32Array.from({ length: 61 }, (_, k) => 3 * k - 90);
    for (let away = -150; away <= 150; away += 30) this.#trace(ctx, project(new Float32Array(61).fill(centre + away), parallels, centre), 0, 61);
    for (let lat = -60; lat <= 60; lat += 30) this.#trace(ctx, project([centre - 179.99, centre, centre + 179.99], [lat, lat, lat], centre), 0, 3);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.font = "10px system-ui, sans-serif";
    ctx.textAlign = "center";
    const hours = this.model.get("frame") === "icrs";
    for (let away = -120; away <= 120; away += 60) {
      const lon = (((centre + away) % 360) + 360) % 360;
      ctx.fillText(hours ? `${Math.round(lon / 15)}h` : `${Math.round(lon)}°`, (-2 * away * scale) / 180, 11);
    }
  }

  #trace(ctx, plane, from, to) {
    for (let i = from; i < to; i += 1) {
      const [x, y] = [plane[2 * i] * this.scale, -plane[2 * i + 1] * this.scale];
      if (i === from || isSeam(plane, i)) ctx.moveTo(x, y);
      else ctx.lineTo(x, y);
    }
  }

  #lines(ctx, layer) {
    const guide = layer.kind === "guide";
    ctx.strokeStyle = ctx.fillStyle = this.#colour(layer.colour);
    ctx.lineWidth = guide ? 1 : 1.75;
    ctx.setLineDash(guide ? [4, 3] : []);
    lines(layer).forEach(([from, to], number) => {
      if (layer.colours.length) ctx.strokeStyle = ctx.fillStyle = this.#colour(layer.colours[number]);
      ctx.beginPath();
      this.#trace(ctx, layer.plane, from, to);
      const [first, last] = [2 * from, 2 * (to - 1)];
      const whole = Math.abs(layer.plane[first] - layer.plane[last]) < 1.5;
      if (layer.kind === "outlines" && whole) ctx.lineTo(layer.plane[first] * this.scale, -layer.plane[first + 1] * this.scale);
      ctx.stroke();
      if (layer.kind === "outlines" && layer.colours.length && whole) this.#filled(ctx);
      if (layer.kind === "tracks") {
        ctx.beginPath();
        ctx.arc(layer.plane[last] * this.scale, -layer.plane[last + 1] * this.scale, 3.5, 0, 2 * Math.PI);
        ctx.fill();
      }
    });
    ctx.setLineDash([]);
  }

  #filled(ctx) {
    ctx.globalAlpha = 0.45;
    ctx.fill();
    ctx.globalAlpha = 1;
  }

  #points(ctx, layer) {
    const size = layer.lon.length > MANY ? 2 : layer.lon.length > 200 ? 3.5 : 5;
    ctx.fillStyle = this.#colour(layer.colour);
    ctx.globalAlpha = layer.lon.length > MANY ? 0.5 : 0.85;
    for (let i = 0; i < layer.lon.length; i += 1) {
      if (layer.colours.length) ctx.fillStyle = this.#colour(layer.colours[i]);
      ctx.fillRect(layer.plane[2 * i] * this.scale - size / 2, -layer.plane[2 * i + 1] * this.scale - size / 2, size, size);
    }
    ctx.globalAlpha = 1;
  }

  // Rings around what is selected and what is pointed at.
  #marks(ctx) {
    const chosen = new Set(this.model.get("selected"));
    ctx.lineWidth = 2;
    this.known.forEach(({ layer, i, label }, k) => {
      if (k !== this.at && !chosen.has(label)) return;
      ctx.strokeStyle = this.#colour(k === this.at ? "text" : "warning");
      ctx.beginPath();
      ctx.arc(layer.plane[2 * i] * this.scale, -layer.plane[2 * i + 1] * this.scale, 6, 0, 2 * Math.PI);
      ctx.stroke();
    });
  }

  #describe() {
    const named = this.layers.filter((layer) => layer.name);
    this.legend.replaceChildren(...named.map((layer) => {
      const swatch = h("i", { class: layer.kind === "points" ? "skyhub-sky-dot" : "skyhub-sky-line" });
      swatch.style.color = this.#colour(layer.colour);
      const count = layer.kind === "points" ? ` ${layer.lon.length}` : "";
      return h("span", {}, swatch, `${layer.name}${count}`);
    }));
    const keys = this.known.length ? " Arrow keys step through the points, Enter opens one, Shift and drag selects." : "";
    this.canvas.setAttribute("aria-label", `${this.model.get("title")}: ${named.map((layer) => layer.name).join(", ")}.${keys}`);
    this.canvas.title = "";
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #screen(entry) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return { x: width / 2 + entry.layer.plane[2 * entry.i] * this.scale, y: height / 2 - entry.layer.plane[2 * entry.i + 1] * this.scale };
  }

  #nearest(place) {
    let [best, found] = [NEAR ** 2, -1];
    this.known.forEach((entry, k) => {
      const { x, y } = this.#screen(entry);
      const away = (x - place.x) ** 2 + (y - place.y) ** 2;
      if (away < best) [best, found] = [away, k];
    });
    return found;
  }

  #press(event) {
    if (event.button !== 0) return;
    this.start = this.#place(event);
    if (event.shiftKey) this.canvas.setPointerCapture(event.pointerId);
  }

  #move(event) {
    const place = this.#place(event);
    if (!this.start || !event.shiftKey) {
      this.#point(this.#nearest(place), place);
      return;
    }
    const [left, top] = [Math.min(place.x, this.start.x), Math.min(place.y, this.start.y)];
    this.band.hidden = false;
    Object.assign(this.band.style, { left: `${left}px`, top: `${top}px`, width: `${Math.abs(place.x - this.start.x)}px`, height: `${Math.abs(place.y - this.start.y)}px` });
  }

  #release(event) {
    const [from, to] = [this.start, this.#place(event)];
    this.start = null;
    this.band.hidden = true;
    if (!from) return;
    if (Math.abs(from.x - to.x) < CLICK && Math.abs(from.y - to.y) < CLICK) {
      this.#open(this.#nearest(to));
    } else if (event.shiftKey) {
      const within = (value, a, b) => value >= Math.min(a, b) && value <= Math.max(a, b);
      this.#select(this.known.filter((entry) => {
        const { x, y } = this.#screen(entry);
        return within(x, from.x, to.x) && within(y, from.y, to.y);
      }).map((entry) => entry.label));
    }
  }

  #select(labels) {
    this.model.set("selected", labels);
    this.model.save_changes();
    this.live.textContent = labels.length === 1 ? "1 point selected" : `${labels.length} points selected`;
    this.draw();
  }

  #open(k) {
    if (k >= 0) this.model.send({ type: "clicked", label: this.known[k].label });
    else if (this.model.get("selected").length) this.#select([]);
  }

  // Tell what a point is, or else where the pointer is.
  #point(k, place = null, aloud = false) {
    const entry = this.known[k];
    const at = entry ? this.#screen(entry) : place;
    const position = entry
      ? { lon: entry.layer.lon[entry.i], lat: entry.layer.lat[entry.i] }
      : place && unproject((place.x - this.canvas.clientWidth / 2) / this.scale, (this.canvas.clientHeight / 2 - place.y) / this.scale, this.model.get("centre"));
    this.tip.hidden = !position;
    if (position) {
      this.tip.textContent = `${entry ? `${entry.label}  ` : ""}${position.lon.toFixed(3)} ${position.lat.toFixed(3)}`;
      const right = at.x > this.canvas.clientWidth / 2;
      Object.assign(this.tip.style, { top: `${Math.max(0, at.y - 26)}px`, left: right ? "auto" : `${at.x + 10}px`, right: right ? `${this.canvas.clientWidth - at.x + 10}px` : "auto" });
      if (aloud) this.live.textContent = this.tip.textContent;
    }
    this.canvas.style.cursor = entry ? "pointer" : "crosshair";
    if (k === this.at) return;
    this.at = k;
    this.draw();
  }

  #key(event) {
    const n = this.known.length;
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.key in steps && n) this.#point((((this.at < 0 && steps[event.key] < 0 ? 0 : this.at) + steps[event.key]) % n + n) % n, null, true);
    else if (event.key === "Enter" && this.at >= 0) this.#open(this.at);
    else if (event.key === "Escape") this.#point(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
