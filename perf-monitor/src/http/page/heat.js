// The heat map: how many calls of each interval took how long.

const HEAT_HEIGHT = 258;

/** `x` are the ends of the intervals in seconds, `lasts` how long they were in seconds. */
function heatMap({ bounds_ns: bounds, counts }, timeline) {
  const x = endsOf(timeline);
  const lasts = timeline.covered_ns.map((nanos) => nanos / 1e9);
  const [low, high] = usedRows(counts, bounds.length - 1);
  const most = Math.max(1, ...counts.flat());
  return chart("heat", {
    title: "Durations over time", note: "stronger is more calls", height: HEAT_HEIGHT, kind: "heatmap",
    bounds, counts, x, lasts, low, high, most, paint: paintHeat, resize: drawHeat,
  });
}

/** The rows with calls, and one more on each side. */
function usedRows(counts, rows) {
  const used = [...Array(rows).keys()].filter((row) => counts.some((column) => column[row] > 0));
  if (used.length === 0) return [0, Math.max(rows, 1)];
  return [Math.max(used[0] - 1, 0), Math.min(used.at(-1) + 2, rows)];
}

function paintHeat(figure) {
  if (!figure.canvas?.isConnected) {
    frame(figure);
    figure.canvas = element("canvas", {});
    figure.holder.append(figure.canvas);
    figure.canvas.addEventListener("pointermove", (event) => pointAt(figure, event));
    figure.canvas.addEventListener("pointerleave", () => pointAt(figure, null));
  }
  figure.holder.setAttribute("aria-label", heatText(figure.spec));
  drawHeat(figure);
}

function heatText({ counts, bounds, most }) {
  const sums = bounds.slice(1).map((_, row) => counts.reduce((sum, column) => sum + column[row], 0));
  const top = sums.indexOf(Math.max(...sums));
  return `Heat map of durations: most calls took ${duration(bounds[top])} to ${duration(bounds[top + 1])}; up to ${count(most)} in a cell`;
}

/** Where things are on the canvas. */
function heatPlaces(figure) {
  const { x, lasts, low, high } = figure.spec;
  const box = { left: 64, top: 8, width: figure.holder.clientWidth - 74, height: HEAT_HEIGHT - 34 };
  const [from, to] = [(x[0] ?? 0) - (lasts[0] ?? 1), x.at(-1) ?? 1];
  const step = box.height / (high - low);
  return {
    box, from, to, step,
    xOf: (seconds) => box.left + ((seconds - from) / (to - from)) * box.width,
    yOf: (row) => box.top + box.height - (row - low) * step,
  };
}

function drawHeat(figure) {
  const { canvas, spec } = figure;
  const width = figure.holder.clientWidth;
  [canvas.width, canvas.height] = [width * devicePixelRatio, HEAT_HEIGHT * devicePixelRatio];
  [canvas.style.width, canvas.style.height] = [`${width}px`, `${HEAT_HEIGHT}px`];
  const pen = canvas.getContext("2d");
  pen.scale(devicePixelRatio, devicePixelRatio);
  const places = heatPlaces(figure);
  drawCells(pen, spec, places);
  drawHeatAxes(pen, spec, places);
  if (figure.cell) drawCell(pen, spec, places, figure.cell);
}

function drawCells(pen, { counts, x, lasts, low, high, most }, { xOf, yOf, step, box }) {
  pen.fillStyle = ink("--soft");
  pen.fillRect(box.left, box.top, box.width, box.height);
  pen.fillStyle = ink("--heat");
  counts.forEach((column, at) => {
    // At whole points: cells that share one would be striped.
    const [left, right] = [Math.round(xOf(x[at] - lasts[at])), Math.round(xOf(x[at]))];
    for (let row = low; row < high; row++) {
      if (!(column[row] > 0)) continue;
      pen.globalAlpha = 0.12 + 0.88 * Math.sqrt(column[row] / most);
      pen.fillRect(left, yOf(row + 1) + 0.5, Math.max(right - left - (right - left > 5 ? 1 : 0), 0.6), step - 1);
    }
  });
  pen.globalAlpha = 1;
}

function drawHeatAxes(pen, { bounds, low, high }, { box, from, to, xOf, yOf, step }) {
  [pen.font, pen.fillStyle, pen.textAlign, pen.textBaseline] = [CHART_FONT, ink("--muted"), "right", "middle"];
  const skip = Math.max(1, Math.ceil(26 / step));
  for (let row = low; row <= high; row += skip) pen.fillText(plain(duration(bounds[row])), box.left - 8, Math.max(yOf(row), box.top + 5));
  [pen.textAlign, pen.textBaseline] = ["center", "top"];
  const every = TIME_STEPS.find((seconds) => (seconds / (to - from)) * box.width >= 84) ?? TIME_STEPS.at(-1);
  const style = every < 60 ? clockStyle : every < 43200 ? minuteStyle : dateStyle;
  for (let seconds = Math.ceil(from / every) * every; seconds < to; seconds += every) {
    if (xOf(seconds) + 26 < box.left + box.width + 10) pen.fillText(style.format(seconds * 1e3), xOf(seconds), box.top + box.height + 9);
  }
}

function drawCell(pen, { x, lasts, low }, { xOf, yOf, step }, { at, row }) {
  if (at >= x.length || row < low) return;
  const left = xOf(x[at] - lasts[at]);
  [pen.strokeStyle, pen.lineWidth] = [ink("--text"), 1.5];
  pen.strokeRect(left, yOf(row + 1), xOf(x[at]) - left, step);
}

function pointAt(figure, event) {
  figure.cell = event && cellAt(figure, event);
  const { spec, cell } = figure;
  figure.readout.textContent = cell
    ? `${moment(spec.x[cell.at] * 1e3)} · ${duration(spec.bounds[cell.row])} – ${duration(spec.bounds[cell.row + 1])} · ${counted(spec.counts[cell.at][cell.row], "call")}`
    : spec.note;
  drawHeat(figure);
}

function cellAt(figure, { offsetX, offsetY }) {
  const { box, from, to, step } = heatPlaces(figure);
  const { x, low, high } = figure.spec;
  const row = low + Math.floor((box.top + box.height - offsetY) / step);
  const seconds = from + ((offsetX - box.left) / box.width) * (to - from);
  const at = x.findIndex((end) => seconds <= end);
  return at < 0 || offsetX < box.left || row < low || row >= high ? null : { at, row };
}
