// The script of a page. It is loaded while the kernel starts; when the last cell has arrived it connects, then draws.
import { Banner } from "./banner.js";
import { connect, shutDownWhenLeft, Watch } from "./connection.js";
import { PageManager } from "./manager.js";
import { followTheme, theme } from "./theme.js";
import "./voila.css";

function settings() {
  const element = document.getElementById("skyhub-page");
  return element ? JSON.parse(element.textContent) : null;
}

function reveal(failure) {
  const loading = document.getElementById("skyhub-loading");
  if (failure) {
    loading.classList.add("skyhub-failure");
    loading.textContent = failure;
  } else {
    loading.remove();
  }
}

async function start() {
  followTheme();
  const page = settings();
  globalThis.skyhub = { theme, page };
  if (!page) return; // the server wrote why there is no kernel
  const banner = new Banner(document.getElementById("skyhub-banner"));
  const kernel = connect(page);
  const manager = new PageManager(kernel, () => banner.show("ended", "skyhub was updated since this page was opened. Reload to go on."));
  shutDownWhenLeft(kernel, page);
  const watch = new Watch(kernel, banner, page);
  Object.assign(globalThis.skyhub, { kernel, manager, watch });
  const cells = document.getElementById("skyhub-cells");
  if (cells.querySelector('script[type$="widget-view+json"]')) await manager.load();
  await manager.drawAll(cells);
  reveal();
  document.documentElement.dataset.ready = "true";
}

function begin() {
  start().catch((error) => {
    console.error(error);
    reveal(`This page could not be drawn: ${error.message ?? error}. Reload to try again.`);
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
