// The frame of a plot on a canvas: border, ticks, grid, titles. `plot` has context, box, range, ink, px(x) and py(y).
export const MARGIN = { left: 52, right: 10, top: 8, bottom: 34 };

export function boxOf(width, height, margin = MARGIN) {
  return {
    left: margin.left,
    top: margin.top,
    width: Math.max(10, width - margin.left - margin.right),
    height: Math.max(10, height - margin.top - margin.bottom),
  };
}

// Makes a canvas as large as its place on the page, in the pixels of the screen.
export function sized(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

// Draws within the box alone
export function clipped({ context, box }, draw) {
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  draw();
  context.restore();
}

// The colours that style sheets give to a canvas: text, and lines as its border.
export function inkOf(canvas, dark) {
  const style = getComputedStyle(canvas);
  return { text: style.color, line: style.borderTopColor, font: `11px ${style.fontFamily}`, dark };
}

// x, y: {ticks: [{value, text}], title}
export function drawFrame(plot, x, y) {
  const { context, box, ink } = plot;
  context.font = ink.font;
  context.lineWidth = 1;
  context.strokeStyle = ink.line;
  context.fillStyle = ink.text;
  context.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
  xTicks(plot, x);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { value, text } of y.ticks) {
    const at = Math.round(plot.py(value)) + 0.5;
    gridLine(context, box.left, at, box.left + box.width, at);
    context.fillText(text, box.left - 6, at);
  }
  yTitle(plot, y.title);
}

function xTicks({ context, box, px }, { ticks, title }) {
  context.textAlign = "center";
  context.textBaseline = "top";
  const right = box.left + box.width + MARGIN.right;
  for (const { value, text } of ticks) {
    const at = Math.round(px(value)) + 0.5;
    gridLine(context, at, box.top, at, box.top + box.height);
    const half = context.measureText(text).width / 2;
    context.fillText(text, Math.min(at, right - half - 1), box.top + box.height + 5);
  }
  context.fillText(title, box.left + box.width / 2, box.top + box.height + 19);
}

export function yTitle({ context, box }, title) {
  context.save();
  context.translate(11, box.top + box.height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(title, 0, 0);
  context.restore();
}

export function gridLine(context, ax, ay, bx, by, opacity = 0.35) {
  context.globalAlpha = opacity;
  context.beginPath();
  context.moveTo(ax, ay);
  context.lineTo(bx, by);
  context.stroke();
  context.globalAlpha = 1;
}
