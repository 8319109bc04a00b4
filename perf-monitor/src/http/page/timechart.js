// Charts over time.

/** When intervals ended, in seconds: so the newest stands at the right edge. */
const endsOf = ({ started_unix_ms: starts, covered_ns: lasts }) => starts.map((ms, at) => (ms + lasts[at] / 1e6) / 1e3);

/** Steps between times on an axis, in seconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

const ratesOf = (counts, lasts) => counts.map((calls, at) => (lasts[at] > 0 ? calls / (lasts[at] / 1e9) : null));

/** Lines over time: `{ key, title, note, x, lines, format, isBinary, height }`. */
function timeChart({ key, height = 168, ...spec }) {
  return chart(key, { ...spec, height, paint: paintPlot, options: timeOptions, when: (at) => moment(spec.x[at] * 1e3) });
}

function timeOptions(figure) {
  const { spec } = figure;
  const powers = [...Array(50).keys()].map((power) => 2 ** power);
  return {
    ...sizeOf(figure),
    legend: { show: false },
    padding: [8, 10, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 6 }, sync: { key: "time", scales: ["x", null] } },
    scales: {
      x: { time: true, range: () => timeRange(figure.spec.x) },
      y: { range: (_, least, most) => valueRange(least, most, figure.spec) },
    },
    axes: [
      { ...axisStyle(), size: 24, space: 70, incrs: TIME_STEPS, grid: { show: false }, values: timeLabels },
      { ...axisStyle(), size: fitted, space: spec.height < 130 ? 20 : 34, ...(spec.isBinary && { incrs: powers }), values: (_, splits) => splits.map((value) => valueLabel(figure.spec, value)) },
    ],
    series: [{}, ...spec.lines.map(lineStyle)],
    hooks: { setCursor: [(plot) => fillKey(figure, plot.cursor.idx ?? null)] },
  };
}

/** Where nothing is known, nothing is said of how much it could be. */
function valueLabel({ lines, format }, value) {
  if (lines.every(({ values }) => values.every((one) => one == null))) return "";
  return value === 0 ? "0" : plain(format(value));
}

function timeRange(x) {
  if (x.length === 0) return [Date.now() / 1e3 - 60, Date.now() / 1e3];
  return x.length === 1 ? [x[0] - 1, x[0]] : [x[0], x.at(-1)];
}

/** From zero, but for values far from it where what matters is how they change. */
function valueRange(least, most, { isLevel, most: limit }) {
  if (least == null) return [0, 1];
  if (!isLevel) return [0, most > 0 ? most * 1.12 : 1];
  if (limit != null) return [Math.min(0, least), Math.max(limit, most)];
  const room = Math.max((most - least) * 0.2, Math.abs(most) * 0.02, 1e-9);
  return least >= 0 && least < most * 0.6 ? [0, most + room] : [least === 0 ? 0 : least - room, most + room];
}

/** Those that would not fit at the right edge are left out. */
function timeLabels(plot, splits, _, __, step) {
  const [style, room] = step < 60 ? [clockStyle, 26] : step < 43200 ? [minuteStyle, 14] : [dateStyle, 18];
  const right = plot.bbox.width / devicePixelRatio + 10;
  return splits.map((seconds) => (plot.valToPos(seconds, "x") + room > right ? "" : style.format(seconds * 1e3)));
}

const TIMES = [
  { label: "p50", of: "p50_ns", ink: "--line-1" },
  { label: "p95", of: "p95_ns", ink: "--line-2" },
  { label: "p99", of: "p99_ns", ink: "--line-3" },
];

/** Calls a second, failures a second and percentiles, of a timeline. */
function timelineCharts(timeline, height) {
  const x = endsOf(timeline);
  const perInterval = (counts) => ratesOf(counts, timeline.covered_ns);
  const common = { x, height };
  const hasTimes = timeline.p95_ns.some((nanos) => nanos != null);
  const charts = [
    timeChart({ ...common, key: "rate", title: "Calls", format: perSecond, lines: [{ label: "calls", ink: "--accent", isArea: true, values: perInterval(timeline.count) }] }),
    timeChart({ ...common, key: "errors", title: "Errors", format: perSecond, lines: [{ label: "errors", ink: "--bad", isArea: true, values: perInterval(timeline.errors) }] }),
    timeChart({ ...common, key: "latency", title: "Latency", format: duration, lines: TIMES.map(({ of, ...line }) => ({ ...line, values: timeline[of] })) }),
  ];
  return hasTimes ? charts : charts.slice(0, 2);
}
