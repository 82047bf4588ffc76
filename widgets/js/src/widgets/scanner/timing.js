// Milliseconds from a key or click to the painted card, left on the element for a benchmark to read:
// data-drawn-ms, data-drawn-id, data-drawn-count; and, of the last one, a performance measure.
const MEASURE = "skyhub:drawn";

export function measureDrawn(root, id, startedAt, images) {
  const decoded = Promise.all(Object.values(images).map((image) => image.ready));
  decoded.then(() => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      const end = performance.now();
      root.dataset.drawnMs = (end - startedAt).toFixed(1);
      root.dataset.drawnId = id;
      root.dataset.drawnCount = String(Number(root.dataset.drawnCount ?? 0) + 1);
      performance.clearMeasures(MEASURE); // the browser keeps them for as long as the page lives
      performance.measure(MEASURE, { start: startedAt, end, detail: id });
    };
    channel.port2.postMessage(null);
  }));
}
