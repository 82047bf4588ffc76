// The widget manager of a page: ipywidgets' base and controls, anywidget and plain outputs; no other library.
import { anywidget } from "./amd.js";
import "anywidget";
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import { Widget } from "@lumino/widgets";
import * as output from "./output.js";

delete globalThis.define;

const modules = {
  "@jupyter-widgets/base": base,
  "@jupyter-widgets/controls": controls,
  "@jupyter-widgets/output": output,
  anywidget,
};

const viewMime = "application/vnd.jupyter.widget-view+json";

export class PageManager extends ManagerBase {
  constructor(kernel, outdated) {
    super();
    this.kernel = kernel;
    this.outdated = outdated; // called when a widget's files are no longer there
    this.files = new Map();
    kernel.registerCommTarget(this.comm_target_name, (comm, message) =>
      this.handle_comm_open(new base.shims.services.Comm(comm), message),
    );
  }

  async loadClass(className, moduleName) {
    const found = modules[moduleName]?.[className];
    if (found) return found;
    throw new Error(
      `This page does not carry ${className} of ${moduleName}. ` +
        'Set metadata.voila.template of the notebook to "lab" to use other widget libraries.',
    );
  }

  // The kernel names the files of a widget; they are fetched once for all widgets that have them.
  async _make_model(options, state) {
    if (state._esm?.startsWith("/")) state = { ...state, ...(await this.loadFiles(state._esm, state._css)) };
    return super._make_model(options, state);
  }

  async loadFiles(script, style) {
    const loaded = [this.loadFile(script, "script", { src: script }), this.loadFile(style, "link", { rel: "stylesheet", href: style })];
    await Promise.all(loaded);
    return { _esm: `export default skyhubWidgets.${script.match(/(\w+)\.js$/)[1]}.default`, _css: "" };
  }

  loadFile(address, tag, attributes) {
    if (!this.files.has(address)) {
      const loading = new Promise((onload, reject) => {
        const onerror = () => reject(new Error(`${address} is not there`));
        document.head.append(Object.assign(document.createElement(tag), { ...attributes, onload, onerror }));
      });
      loading.catch(() => this.outdated());
      this.files.set(address, loading);
    }
    return this.files.get(address);
  }

  async _create_comm(target, id, data, metadata, buffers) {
    const comm = this.kernel.createComm(target, id);
    if (data || metadata) comm.open(data, metadata, buffers);
    return new base.shims.services.Comm(comm);
  }

  async _get_comm_info() {
    const reply = await this.kernel.requestCommInfo({ target_name: this.comm_target_name });
    return reply.content.status === "ok" ? reply.content.comms : {};
  }

  // Takes over all models that the cells made.
  load() {
    return this._loadFromKernel();
  }

  // Draws one model into an element of the page.
  async draw(id, element) {
    const view = await this.create_view(await this.get_model(id));
    Widget.attach(view.luminoWidget, element);
  }

  // Draws every widget that the cells displayed and returns how many there are.
  async drawAll(root) {
    const places = [...root.querySelectorAll(`script[type="${viewMime}"]`)];
    await Promise.all(
      places.map(async (place) => {
        const id = JSON.parse(place.textContent).model_id;
        const element = document.createElement("div");
        place.replaceWith(element);
        await this.draw(id, element).catch((error) => {
          element.className = "skyhub-error";
          element.textContent = `A widget could not be drawn: ${error.message}`;
        });
      }),
    );
    return places.length;
  }
}
