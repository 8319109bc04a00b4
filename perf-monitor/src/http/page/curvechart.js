// The percentile curve, as HdrHistogram plots it: time by 1 / (1 − percentile), on a logarithmic scale.

let isLogCurve = true;

function curveChart({ percentiles, values_ns: values }) {
  const x = percentiles.map((level) => 100 / (100 - Math.min(level, 99.9999)));
  // The last point is the longest call, of which no percentile is known beyond the one before.
  const last = x.length > 1 && percentiles.at(-1) >= 100 ? x.at(-2) * 2 : x.at(-1);
  x[x.length - 1] = last;
  const when = (at) => (percentiles[at] >= 100 ? "longest call" : `at ${+percentiles[at].toFixed(4)} %`);
  const lines = [{ label: "time", ink: "--accent", width: 2, values: values.map((nanos) => Math.max(nanos, 1)) }];
  return chart("curve", {
    title: "Latency by percentile", x, lines, when, format: duration, height: 240, isLog: isLogCurve,
    paint: paintPlot, options: curveOptions, tools: logSwitch,
  });
}

function logSwitch() {
  const box = element("input", { type: "checkbox" });
  box.checked = isLogCurve;
  box.addEventListener("change", () => {
    isLogCurve = box.checked;
    show();
    byId("main").querySelector('[data-plot="curve"] input')?.focus();
  });
  return element("label", { class: "switch" }, box, "Log scale");
}

function curveOptions(figure) {
  const { spec } = figure;
  const last = () => Math.max(10, figure.spec.x.at(-1));
  return {
    ...sizeOf(figure),
    legend: { show: false },
    padding: [8, 14, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      x: { time: false, distr: 3, range: () => [1, last()] },
      y: spec.isLog ? { distr: 3 } : { range: (_, __, most) => [0, Math.max(most * 1.06, 1)] },
    },
    axes: [
      { ...axisStyle(), size: 26, splits: (plot) => nines(last(), plot.bbox.width / devicePixelRatio, 44), filter: (_, splits) => splits, values: (_, splits) => splits.map(percentileOf) },
      { ...axisStyle(), size: fitted, space: 30, values: (_, splits) => splits.map((nanos) => (nanos == null ? "" : plain(duration(nanos)))) },
    ],
    series: [{}, ...spec.lines.map(lineStyle)],
    hooks: { setCursor: [(plot) => fillKey(figure, plot.cursor.idx ?? null)] },
  };
}
