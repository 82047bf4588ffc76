// Light, dark (for the dome) or as the system says; the choice is remembered in this browser.
// The template sets data-theme before the first paint; this keeps it right afterwards.
const key = "skyhub-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function choice() {
  try {
    return localStorage.getItem(key) ?? "auto";
  } catch {
    return "auto";
  }
}

function apply() {
  const chosen = choice();
  const theme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  if (document.documentElement.dataset.theme === theme) return;
  document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new CustomEvent("skyhub-theme", { detail: { theme } }));
}

export const theme = {
  get current() {
    return document.documentElement.dataset.theme;
  },
  // "light", "dark" or "auto"
  set(chosen) {
    try {
      if (chosen === "auto") localStorage.removeItem(key);
      else localStorage.setItem(key, chosen);
    } catch {
      document.documentElement.dataset.theme = chosen;
    }
    apply();
  },
  toggle() {
    theme.set(theme.current === "dark" ? "light" : "dark");
  },
};

export function followTheme() {
  dark.addEventListener("change", apply);
  addEventListener("storage", (event) => event.key === key && apply());
  document.addEventListener("click", (event) => event.target.closest?.("[data-skyhub-theme-toggle]") && theme.toggle());
}
