// Colours of points: of one column as a gradient, of categories one each, else that of what is chosen.
const GRADIENT = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const CATEGORIES = [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [128, 128, 128]];

export const cssOf = ([red, green, blue]) => `rgb(${red},${green},${blue})`;

// A colour of a style sheet as red, green, blue
export function rgbOf(css) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  context.fillStyle = css;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

export function gradientAt(part) {
  const at = Math.min(1, Math.max(0, part)) * (GRADIENT.length - 1);
  const k = Math.min(GRADIENT.length - 2, Math.floor(at));
  return GRADIENT[k].map((value, n) => Math.round(value + (GRADIENT[k + 1][n] - value) * (at - k)));
}

export const gradientCss = () => `linear-gradient(90deg, ${GRADIENT.map(cssOf).join(", ")})`;
export const categoryColour = (code) => CATEGORIES[Math.min(code, CATEGORIES.length - 1)];

// The colour of a value (less the offset) of a column
export function colourOf(column, value) {
  if (column.names.length) return categoryColour(Math.round(value + column.offset));
  return gradientAt((value - column.low) / (column.high - column.low || 1));
}
