// What one NavBar looks like.
import { h, hearModel, insideLab } from "../lib/dom.js";
import { isDark, onTheme } from "../lib/styles.js";
import { Finder } from "./finder.js";
import { searchOf } from "./history.js";
import { restoreTheme, toggleTheme } from "./theme.js";

const STATES = { online: "connected", connecting: "connecting …", offline: "not connected" };

export class NavView {
  constructor(model, el) {
    this.model = model;
    this.finder = new Finder(model);
    this.product = h("a", { class: "skyhub-product" });
    this.links = h("ul", { class: "skyhub-links" });
    this.menu = h("button", { type: "button", class: "skyhub-tool skyhub-menu", "aria-expanded": "false", "aria-label": "Pages", on: { click: () => this.#toggleMenu() } }, "Menu");
    this.theme = h("button", { type: "button", class: "skyhub-tool", on: { click: () => toggleTheme(this.root) } });
    this.bell = h("a", { class: "skyhub-tool skyhub-bell" });
    this.user = h("span", { class: "skyhub-user" });
    this.dot = h("span", { class: "skyhub-dot", role: "status" });
    this.root = h("nav", { class: "skyhub-nav", "aria-label": "skyhub" }, this.product, this.menu, this.links, this.finder.root,
      h("span", { class: "skyhub-nav-end" }, this.bell, this.user, this.theme, this.dot));
    el.append(this.root);
    if (insideLab(el)) this.theme.hidden = true;
    else restoreTheme();
    const handlers = {
      "change:product change:links change:location": () => this.#drawLinks(),
      "change:user": () => this.#drawUser(),
      "change:unread": () => this.#drawBell(),
      "change:connection": () => this.#drawDot(),
    };
    const unhear = hearModel(model, handlers);
    const end = onTheme(() => this.#drawTheme());
    this.close = () => {
      end();
      unhear();
      this.finder.close();
      this.root.remove();
    };
    this.#drawLinks();
    this.#drawUser();
    this.#drawBell();
    this.#drawDot();
    this.#drawTheme();
  }

  #toggleMenu(open = this.menu.getAttribute("aria-expanded") === "false") {
    this.menu.setAttribute("aria-expanded", String(open));
  }

  #go(event, location) {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#toggleMenu(false);
    this.model.set("location", location);
    this.model.save_changes();
  }

  #viewLink(element, location) {
    element.href = searchOf(location);
    element.onclick = (event) => this.#go(event, location);
    return element;
  }

  #drawLinks() {
    const { view } = this.model.get("location");
    const isCurrent = ({ id, views }) => id === view || views?.includes(view);
    this.product.textContent = this.model.get("product");
    this.#viewLink(this.product, this.model.get("home"));
    const items = this.model.get("links").map((target) => {
      const { id, label, href, params } = target;
      const link = h("a", { "aria-current": isCurrent(target) ? "page" : null, href: href ?? null }, label);
      return h("li", {}, href ? link : this.#viewLink(link, { view: id, params: params ?? {} }));
    });
    this.links.replaceChildren(...items);
    const current = this.model.get("links").find(isCurrent);
    this.menu.textContent = current?.label ?? "Menu";
  }

  #drawUser() {
    this.user.textContent = this.model.get("user");
    this.user.title = `Signed in as ${this.model.get("user")}`;
  }

  #drawBell() {
    const unread = this.model.get("unread");
    this.bell.hidden = unread === null;
    this.bell.dataset.unread = unread ?? 0;
    this.bell.title = unread ? `${unread} unread messages` : "No unread messages";
    this.bell.replaceChildren(bellIcon(), unread ? h("span", { class: "skyhub-count" }, unread > 99 ? "99+" : String(unread)) : "", h("span", { class: "skyhub-sr", role: "status" }, this.bell.title));
    this.#viewLink(this.bell, { view: "messages", params: {} });
  }

  #drawDot() {
    const state = this.model.get("connection");
    this.dot.dataset.state = state;
    this.dot.title = `Data service: ${STATES[state]}`;
    this.dot.replaceChildren(h("span", { class: "skyhub-sr" }, this.dot.title));
  }

  #drawTheme() {
    const dark = isDark(this.root);
    this.theme.textContent = dark ? "light" : "dark";
    this.theme.setAttribute("aria-label", `Use the ${dark ? "light" : "dark"} theme`);
  }
}

function bellIcon() {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", width: 16, height: 16, fill: "none", stroke: "currentColor", "stroke-width": 1.5, "aria-hidden": "true" })) icon.setAttribute(name, value);
  const line = document.createElementNS(icon.namespaceURI, "path");
  line.setAttribute("d", "M3 12h10l-1.5-2V7a3.5 3.5 0 0 0-7 0v3zM6.5 14h3");
  icon.append(line);
  return icon;
}
