// anywidget's model interface without a kernel: what is sent is kept in `sent`, what Python would send is `receive`d.
class Model {
  constructor(state) {
    this.state = state;
    this.saved = {};
    this.sent = [];
    this.listeners = [];
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    this.saved[name] = value;
    this.fire(`change:${name}`, value);
  }

  save_changes() {}

  send(message) {
    this.sent.push(structuredClone(message));
    this.onSend?.(message);
  }

  on(names, callback) {
    for (const name of names.split(" ")) this.listeners.push({ name, callback });
  }

  off(names, callback) {
    const ended = new Set(names.split(" "));
    this.listeners = this.listeners.filter((known) => !(ended.has(known.name) && (!callback || known.callback === callback)));
  }

  fire(name, ...args) {
    for (const known of [...this.listeners]) if (known.name === name) known.callback(...args);
  }

  receive(message) {
    this.fire("msg:custom", message, []);
  }
}

function bytes(text) {
  const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new DataView(raw.buffer);
}

// {"$bytes": base64} anywhere in the state becomes a DataView, as ipywidgets delivers buffers.
function revive(value) {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== "object") return value;
  if ("$bytes" in value) return bytes(value.$bytes);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revive(inner)]));
}

// Loads a module as anywidget does: one module per model, any number of views. Returns {model, views, close()}.
globalThis.mount = async (name, state, { views = 1, onSend = null } = {}) => {
  if (!document.querySelector(`link[data-widget="${name}"]`)) {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `/static/${name}.css` });
    link.dataset.widget = name;
    const loaded = new Promise((resolve) => link.addEventListener("load", resolve));
    document.head.append(link);
    await loaded;
  }
  const source = await (await fetch(`/static/${name}.js`)).text();
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const module = await import(url);
  const widget = typeof module.default === "function" ? await module.default() : module.default;
  const model = new Model(revive(state));
  model.onSend = onSend;
  const ends = [await widget.initialize?.({ model })];
  const elements = [];
  for (let i = 0; i < views; i += 1) {
    const el = document.createElement("div");
    document.getElementById("main").append(el);
    elements.push(el);
    ends.unshift(await widget.render?.({ model, el }));
  }
  const close = async () => {
    for (const end of ends) await end?.();
    for (const el of elements) el.remove();
  };
  return { model, elements, close };
};
globalThis.ready = true;
