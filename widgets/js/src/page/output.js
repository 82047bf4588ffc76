// The Output widget: text, HTML, images and nested widgets, as plain elements.
import { DOMWidgetView } from "@jupyter-widgets/base";
import { OutputModel as BaseModel } from "@jupyter-widgets/output";

const images = ["image/png", "image/jpeg", "image/gif"];
const ansi = /\u001b\[[0-9;]*m/g;

export class OutputModel extends BaseModel {
  initialize(attributes, options) {
    super.initialize(attributes, options);
    this.hook = (message) => this.take(message);
    this.listenTo(this, "change:msg_id", this.follow);
    this.follow();
  }

  // While msg_id is set, what the kernel prints in answer to that message belongs to this widget.
  follow() {
    const { kernel } = this.widget_manager;
    const previous = this.previous("msg_id");
    if (previous) kernel.removeMessageHook(previous, this.hook);
    const current = this.get("msg_id");
    if (current) kernel.registerMessageHook(current, this.hook);
  }

  take({ header, content }) {
    const kind = header.msg_type;
    if (kind === "clear_output") {
      this.clearNext = content.wait;
      if (!content.wait) this.show([]);
    } else if (["stream", "display_data", "execute_result", "error"].includes(kind)) {
      const kept = this.clearNext ? [] : this.get("outputs");
      this.clearNext = false;
      this.show(joined(kept, { output_type: kind, ...content }));
    } else {
      return true;
    }
    return false;
  }

  show(outputs) {
    this.set("outputs", outputs);
    this.save_changes();
  }
}

function joined(outputs, added) {
  const last = outputs.at(-1);
  if (added.output_type !== "stream" || last?.output_type !== "stream" || last.name !== added.name) {
    return [...outputs, added];
  }
  return [...outputs.slice(0, -1), { ...last, text: last.text + added.text }];
}

export class OutputView extends DOMWidgetView {
  render() {
    super.render();
    this.el.classList.add("skyhub-output");
    this.listenTo(this.model, "change:outputs", this.redraw);
    this.redraw();
  }

  redraw() {
    this.el.replaceChildren(...this.model.get("outputs").map((output) => this.element(output)));
  }

  element(output) {
    if (output.output_type === "stream") return text(output.text);
    if (output.output_type === "error") return text(output.traceback.join("\n"), "skyhub-error");
    return this.display(output.data);
  }

  display(data) {
    const holder = document.createElement("div");
    const widget = data["application/vnd.jupyter.widget-view+json"];
    const image = images.find((mime) => data[mime]);
    if (widget) {
      this.model.widget_manager.draw(widget.model_id, holder);
    } else if (image) {
      holder.append(Object.assign(new Image(), { src: `data:${image};base64,${data[image]}`, alt: data["text/plain"] ?? "" }));
    } else if (data["text/html"]) {
      holder.append(document.createRange().createContextualFragment(data["text/html"]));
    } else {
      holder.append(text(data["text/plain"] ?? ""));
    }
    return holder;
  }
}

function text(value, className = "") {
  return Object.assign(document.createElement("pre"), { className, textContent: value.replace(ansi, "") });
}
