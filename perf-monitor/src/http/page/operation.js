// One operation: its figures now and over time, whom it calls and who calls it.

views.operation = {
  of: "operations",
  missing: ["There is no such operation in this process.", "It may have been called before the process started anew."],
  title: "Operation",
  bones: ["line", "tiles", "charts", "tables"],
  load({ fields }, signal) {
    const asked = new URLSearchParams({ window: state.window });
    for (const label of fields.getAll("label")) asked.append("label", label);
    if (fields.get("exact") === "true") asked.set("exact", "true");
    const name = fields.get("name") ?? "";
    if (fitsInPath(name)) return get(`operations/${encodeURIComponent(name)}`, asked, signal);
    asked.set("name", name);
    return get("operation", asked, signal);
  },
  heading: ({ fields }) => {
    const labels = fields.getAll("label").join(", ");
    return nameOf({ name: fields.get("name") ?? "", labels: labels && Object.fromEntries(fields.getAll("label").map(splitPair)) });
  },
  render: (data) => [
    data.description && element("p", { class: "about" }, shortened(data.description, 400)),
    data.calls ? operationFigures(data) : panel("Calls", {}, empty("It was not called in this window.", "Choose a longer window, or wait for its next call.")),
    ...(data.calls ? operationCharts(data) : []),
    element("div", { class: "pair" }, windowsPanel(data), outcomesPanel(data)),
    element("div", { class: "pair" }, relationPanel("Called by", "caller", data.callers), relationPanel("Calls", "callee", data.callees)),
    seriesPanel(data),
    recentPanel(data),
  ],
};

/** Browsers take dots in a path for something else. */
const fitsInPath = (name) => !["", ".", ".."].includes(name);

const splitPair = (pair) => [pair.split("=", 1)[0], pair.slice(pair.indexOf("=") + 1)];

function operationFigures({ calls, in_flight: running }) {
  return figures([
    ["Calls per second", rate(calls.rate), `${counted(calls.count, "call")}${calls.sampled ? ", sampled" : ""}`],
    ["Error rate", withUnit(ratio(calls.error_rate)), `${count(failures(calls))} failed`, calls.error_rate >= 0.01 && "failed"],
    ["p50", withUnit(duration(calls.p50_ns)), `mean ${duration(calls.mean_ns)}`],
    ["p95", withUnit(duration(calls.p95_ns)), `p90 ${duration(calls.p90_ns)}`],
    ["p99", withUnit(duration(calls.p99_ns)), `p99.9 ${duration(calls.p999_ns)}`],
    ["Max", withUnit(duration(calls.max_ns)), `min ${duration(calls.min_ns)}`],
    ["Self time", withUnit(duration(calls.self_ns)), `of ${duration(calls.total_ns)} in all`],
    ["Running now", count(running?.count ?? 0), running?.count > 0 ? `oldest ${duration(running.oldest_ns)}` : "none"],
  ]);
}

function operationCharts({ timeline, heat, curve: points }) {
  const [calls, errors, latency] = timelineCharts(timeline);
  return [
    element("div", { class: "charts three" }, [latency, calls, errors].filter(Boolean)),
    element("div", { class: "charts two" }, heat?.counts.length > 0 && heatMap(heat, timeline), points?.values_ns.length > 0 && curveChart(points)),
  ];
}

function windowsPanel({ windows }) {
  const columns = [
    { title: "Window", left: true, cell: ({ window }) => windowTitle(window.name) },
    columnOf.count, columnOf.rate, columnOf.errors, columnOf.mean, columnOf.p50, columnOf.p95, columnOf.p99, columnOf.max,
  ];
  const rowKind = ({ window }) => window.name === state.window && "chosen";
  return panel("By window", {}, table("Figures by window", columns, windows, { keyed: ({ window }) => window.name, rowKind, kind: "narrow" }));
}

/** How the calls ended: what the strip shows is in the list beneath it. */
function outcomesPanel({ calls }) {
  if (!calls) return null;
  const all = Object.values(calls.outcomes).reduce((sum, some) => sum + some, 0);
  const some = Object.entries(calls.outcomes).filter(([outcome, ended]) => ended > 0 || outcome === "ok");
  const items = some.map(([outcome, ended]) => element("li", {},
    element("i", { class: `swatch ${outcome}` }), element("span", {}, outcome), element("b", {}, count(ended)), element("span", { class: "muted" }, ratio(all > 0 ? ended / all : 0))));
  return panel("Outcomes", { note: `of ${counted(all, calls.sampled ? "timed call" : "call")}` },
    element("div", { class: "card" }, outcomeStrip(some, all), element("ul", { class: "outcomes" }, items)));
}

function outcomeStrip(some, all) {
  let from = 0;
  const parts = some.map(([outcome, ended]) => {
    // A share too small to see is shown all the same.
    const width = all > 0 ? Math.max((ended / all) * 100, 0.6) : 0;
    const part = shape("rect", { class: outcome, x: Math.min(from, 99.4).toFixed(2), width: width.toFixed(2), height: 8 });
    from += width;
    return part;
  });
  return shape("svg", { class: "strip", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" }, parts);
}

function relationPanel(title, what, ends) {
  const all = ends.reduce((sum, { time_ns: time }) => sum + time, 0);
  const columns = [
    { title: "Operation", left: true, cell: ({ name }) => (name == null ? element("span", { class: "muted" }, "outside of operations") : operationLink({ name })) },
    { title: "Calls", cell: ({ calls }) => count(calls) },
    { title: "Time", cell: ({ time_ns: time }) => duration(time) },
    { title: "Share", cell: ({ time_ns: time }) => shareBar(all > 0 ? time / all : 0) },
  ];
  const rows = [...ends].sort((a, b) => b.time_ns - a.time_ns);
  const body = rows.length > 0 ? table(title, columns, rows, { keyed: ({ name }) => JSON.stringify(name) }) : empty(`No ${what} is known.`);
  return panel(title, {}, body);
}

const shareBar = (share) => [
  shape("svg", { class: "track", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" }, shape("rect", { width: (share * 100).toFixed(1), height: 8 })),
  ratio(share),
];

function seriesPanel({ name, series, series_count: all }) {
  const isOne = series.length === 0 || (series.length === 1 && pairs(series[0].labels).length === 0);
  if (isOne) return null;
  const columns = [
    { title: "Labels", left: true, cell: (row) => seriesLink(name, row) },
    { title: "Calls", cell: (row) => count(row.count) }, columnOf.errors, columnOf.p50, columnOf.p95, columnOf.p99,
  ];
  const note = all > series.length ? `${count(series.length)} of ${count(all)}, most calls first` : counted(all, "series").replace("seriess", "series");
  return panel("Series", { note }, table("Series by labels", columns, series, { keyed: ({ labels }) => JSON.stringify(labels) }));
}

function seriesLink(name, { labels }) {
  const text = labelsText(labels).trim().slice(1, -1) || "no labels";
  return element("a", { class: "link name", href: operationAddress({ name, labels }, true), title: hintOf(text) }, element("span", { class: "tail" }, shortened(text)));
}

function recentPanel({ recent }) {
  if (!recent || recent.length === 0) return null;
  const columns = [
    // When they were seen to have ended.
    { title: "Ended", left: true, cell: (call) => timeOf(call.taken_unix_ms) },
    { title: "Outcome", left: true, cell: ({ outcome }) => [element("i", { class: `swatch ${outcome}` }), outcome] },
    { title: "Duration", cell: (call) => duration(call.duration_ns) },
  ];
  return panel("Recent calls", { note: "newest first" }, table("Recent calls", columns, [...recent].reverse().slice(0, 50)));
}
