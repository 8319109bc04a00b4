// Percentile curves: time by 1 / (1 − percentile), on a logarithmic scale.

const CURVES = 6;

/** Colours of curves, given to operations while they are shown. */
const slots = new Map();

const slotColor = (at) => color(`--curve-${(slots.get(at) ?? 0) + 1}`);

/** Gives each of these operations a colour; those that had one keep it. */
function takeSlots(shown) {
  for (const at of [...slots.keys()]) if (!shown.includes(at)) slots.delete(at);
  for (const at of shown) {
    if (slots.has(at)) continue;
    const taken = new Set(slots.values());
    slots.set(at, [...Array(CURVES).keys()].find((slot) => !taken.has(slot)) ?? 0);
  }
}

let chart = null;

/** Draws the curves of these operations. `onPoint` is told the level under the pointer, or null. */
function drawCurves(holder, report, shown, isLog, onPoint) {
  chart?.destroy();
  chart = null;
  const curves = shown.map((at) => report.operations[at].curve);
  const points = Math.max(0, ...curves.map((curve) => curve.length));
  holder.replaceChildren();
  if (points === 0) {
    holder.append(element("p", { class: "empty" }, `Curves are kept of the ${count(report.curves)} operations with the most total time.`));
    return;
  }
  const x = report.levels.slice(0, points).map((level) => 100 / (100 - level));
  const padded = (curve) => x.map((_, point) => (point < curve.length ? Math.max(curve[point], isLog ? 1 : 0) : null));
  chart = new uPlot(options(holder, x, shown, isLog, onPoint), [x, ...curves.map(padded)], holder);
}

function options(holder, x, shown, isLog, onPoint) {
  const line = { stroke: color("--line"), width: 1 };
  const axis = { stroke: color("--muted"), grid: line, ticks: { ...line, size: 4 }, font: "12px system-ui, sans-serif" };
  const last = Math.max(10, x.at(-1));
  return {
    width: Math.max(holder.clientWidth, 240),
    height: 260,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      x: { time: false, distr: 3, range: [1, last] },
      y: isLog ? { distr: 3 } : { range: (_, __, most) => [0, Math.max(most * 1.06, 1)] },
    },
    axes: [
      { ...axis, size: 34, splits: (plot) => nines(last, plot.bbox.width / devicePixelRatio, 40), filter: (_, splits) => splits, values: (_, splits) => splits.map(percentileOf) },
      { ...axis, size: 68, values: (_, splits) => splits.map((nanos) => (nanos == null ? "" : duration(nanos))) },
    ],
    series: [{}, ...shown.map((at) => ({ stroke: slotColor(at), width: 2, points: { show: x.length < 3 } }))],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

function resizeCurves(holder) {
  if (chart && holder.clientWidth > 0) chart.setSize({ width: Math.max(holder.clientWidth, 240), height: 260 });
}
