// Colour and marker of a filter. The table comes from Python (`filter_styles`): names, bands by last letter, other.
export const FALLBACK = {
  names: {},
  bands: {},
  other: { colour: "#4d4d4d", dark: "#bbbbbb", marker: "diamond", label: "" },
};

export function styleOf(styles, filter) {
  const table = styles?.other ? styles : FALLBACK;
  const style = table.names[filter] ?? table.bands[filter.slice(-1)] ?? table.other;
  return { ...style, label: style.label || filter };
}

export function isDark(element) {
  const theme = document.documentElement.dataset.theme;
  if (theme) return theme === "dark";
  const lab = document.body.dataset.jpThemeLight;
  if (lab) return lab === "false";
  return element.ownerDocument.defaultView.matchMedia("(prefers-color-scheme: dark)").matches;
}

// Calls back when the page turns light or dark; returns what ends it.
export function onTheme(callback) {
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", callback);
  return () => {
    observer.disconnect();
    media.removeEventListener("change", callback);
  };
}

// Outline of a marker as points around (0, 0), radius about 1; null is a circle.
const OUTLINES = {
  circle: null,
  square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
  diamond: [[0, -1.2], [1.1, 0], [0, 1.2], [-1.1, 0]],
  triangle: [[0, -1.15], [1.1, 0.8], [-1.1, 0.8]],
  pentagon: [[0, -1.1], [1.05, -0.34], [0.65, 0.89], [-0.65, 0.89], [-1.05, -0.34]],
  hexagon: [[0.95, -0.55], [0, -1.1], [-0.95, -0.55], [-0.95, 0.55], [0, 1.1], [0.95, 0.55]],
  star: [[0, -1.35], [0.36, -0.45], [1.28, -0.42], [0.58, 0.19], [0.79, 1.09], [0, 0.6], [-0.79, 1.09], [-0.58, 0.19], [-1.28, -0.42], [-0.36, -0.45]],
  plus: [[-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4], [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4], [-1.1, -0.4], [-0.4, -0.4]],
  cross: [[-1.05, -0.5], [-0.5, -1.05], [0, -0.55], [0.5, -1.05], [1.05, -0.5], [0.55, 0], [1.05, 0.5], [0.5, 1.05], [0, 0.55], [-0.5, 1.05], [-1.05, 0.5], [-0.55, 0]],
  left: [[-1.15, 0], [0.8, -1.1], [0.8, 1.1]],
  right: [[1.15, 0], [-0.8, -1.1], [-0.8, 1.1]],
  limit: [[-1, -0.75], [1, -0.75], [0, 0.95]],
};

export function traceMarker(path, marker, x, y, radius) {
  const outline = OUTLINES[marker];
  if (!outline) {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  outline.forEach(([dx, dy], i) => (i ? path.lineTo(x + dx * radius, y + dy * radius) : path.moveTo(x + dx * radius, y + dy * radius)));
  path.closePath();
}

export function markerPath(marker, size) {
  const outline = OUTLINES[marker];
  if (!outline) return `M${size},0A${size},${size} 0 1 1 ${-size},0A${size},${size} 0 1 1 ${size},0Z`;
  return `M${outline.map(([dx, dy]) => `${(dx * size).toFixed(2)},${(dy * size).toFixed(2)}`).join("L")}Z`;
}
