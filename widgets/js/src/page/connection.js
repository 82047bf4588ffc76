// The line to the kernel: what the banner says when it breaks, and how it heals.
import { ServerConnection } from "@jupyterlab/services/lib/serverconnection";
import { KernelConnection } from "@jupyterlab/services/lib/kernel/default";

const probeEvery = 2000;
const ended = ["dead", "restarting", "autorestarting"];

export function connect({ baseUrl, kernelId, kernelName }) {
  const origin = new URL(baseUrl, location.href).href;
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: origin,
    wsUrl: origin.replace(/^http/, "ws"),
    appUrl: "",
    token: "",
    appendToken: false,
  });
  // Callbacks run in the kernel's main thread, as everywhere else: no subshells.
  return new KernelConnection({ model: { id: kernelId, name: kernelName }, serverSettings, commsOverSubshells: "disabled" });
}

export function shutDownWhenLeft(kernel, { baseUrl, kernelId }) {
  addEventListener("pagehide", (event) => {
    if (event.persisted) return;
    const form = new FormData();
    const xsrf = document.cookie.match(/(?:^|;\s*)_xsrf=([^;]*)/);
    if (xsrf) form.append("_xsrf", xsrf[1]);
    navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`, form);
    kernel.dispose();
  });
}

// Watches the kernel and tells the banner; `finished` once the process behind the page has gone for good.
export class Watch {
  constructor(kernel, banner, page) {
    Object.assign(this, { kernel, banner, page, finished: false, timer: 0 });
    kernel.statusChanged.connect((_, status) => ended.includes(status) && this.end());
    // A kernel that is shut down by another client says so itself; the server keeps the line open.
    kernel.anyMessage.connect((_, { msg }) => msg.header.msg_type === "shutdown_reply" && this.end());
    kernel.connectionStatusChanged.connect((_, status) => this.line(status));
    addEventListener("offline", () => this.line("connecting"));
    addEventListener("online", () => this.probe());
  }

  end() {
    if (this.finished) return;
    this.finished = true;
    clearTimeout(this.timer);
    this.banner.show("ended", "The Python process behind this page has ended. What is shown here no longer answers.");
  }

  line(status) {
    if (this.finished) return;
    clearTimeout(this.timer);
    if (status === "connected") {
      this.banner.hide();
      return;
    }
    this.banner.show("lost", "Connection lost – reconnecting…");
    this.timer = setTimeout(() => this.probe(), probeEvery);
  }

  // Asks the server for the kernel: gone, there again, or still out of reach.
  async probe() {
    if (this.finished) return;
    clearTimeout(this.timer);
    const status = await fetchStatus(`${this.page.baseUrl}api/kernels/${this.page.kernelId}`);
    if (status === 404) {
      this.end();
    } else if (status === 200) {
      this.kernel.reconnect().catch(() => this.line("disconnected"));
    } else if (status === 401 || status === 403) {
      this.banner.show("ended", "You are no longer logged in. Reload to log in again.");
    } else {
      this.timer = setTimeout(() => this.probe(), probeEvery);
    }
  }
}

async function fetchStatus(url) {
  const xsrf = document.cookie.match(/(?:^|;\s*)_xsrf=([^;]*)/);
  try {
    const headers = xsrf ? { "X-XSRFToken": xsrf[1] } : {};
    return (await fetch(url, { cache: "no-store", headers, redirect: "manual" })).status;
  } catch {
    return 0;
  }
}
