// Light or dark: data-theme on the document, remembered as "skyhub-theme".
import { isDark } from "../lib/styles.js";

const KEY = "skyhub-theme";

// Puts the remembered choice on the page where the page has not done so itself.
export function restoreTheme() {
  if (document.documentElement.dataset.theme) return;
  const chosen = localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}

export function toggleTheme(element) {
  const theme = isDark(element) ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice holds for this page.
  }
  return theme;
}
