// Counters, gauges and distributions, filtered here: all of them are in one answer.

const metricFilter = { q: "" };

views.metrics = {
  title: "Metrics",
  bones: ["line", "table"],
  load: (_, signal) => get("metrics", {}, signal),
  render({ metrics }) {
    if (metrics.length === 0) return [panel("Metrics", { kind: "first", id: "none" }, empty("No metrics are recorded.", element("span", {}, "Make one with ", code("perfkit::counter"), ", ", code("perfkit::gauge"), " or ", code("perfkit::distribution"), "; it appears here.")))];
    const words = metricFilter.q.toLowerCase().split(/\s+/).filter(Boolean);
    const found = metrics.filter((one) => words.every((word) => (one.name + labelsText(one.labels)).toLowerCase().includes(word)));
    return [metricBar(found.length, metrics.length), ...metricPanels(found)];
  },
  actions: {
    filter(_, input) {
      metricFilter.q = input.value;
      show();
    },
  },
};

const metricBar = (found, all) => element("div", { class: "bar loose", "data-key": "bar" },
  element("input", { type: "search", id: "filter", "data-action": "filter", placeholder: "Filter by name or label", "aria-label": "Filter metrics by name or label", "aria-keyshortcuts": "/", autocomplete: "off", spellcheck: "false", value: metricFilter.q }),
  element("kbd", { "aria-hidden": "true" }, "/"),
  element("output", { for: "filter", "aria-live": "polite" }, found === all ? counted(all, "metric") : `${count(found)} of ${counted(all, "metric")}`));

function metricPanels(found) {
  if (found.length === 0) return [panel("Metrics", { id: "none" }, empty("No metric has such a name or label."))];
  const of = (kind) => found.filter((one) => one.kind === kind);
  const [counters, gauges, distributions] = ["counter", "gauge", "distribution"].map(of);
  return [
    (counters.length > 0 || gauges.length > 0) && element("div", { class: "pair" },
      counters.length > 0 && valuePanel("Counters", counters), gauges.length > 0 && valuePanel("Gauges", gauges)),
    distributions.length > 0 && distributionPanel(distributions),
  ];
}

const metricName = { title: "Name", left: true, cell: (row) => metricTitle(row) };

function metricTitle(row) {
  const made = nameOf(row);
  if (row.description) made.title += `\n${hintOf(row.description)}`;
  return made;
}

const figureOf = (row, figure) => measure(figure, row.unit, row.name);

const valuePanel = (title, rows) => panel(title, {}, table(title, [metricName, { title: "Value", cell: (row) => figureOf(row, row.value) }], rows, { keyed: rowKey }));

function distributionPanel(rows) {
  const columns = ["mean", "p50", "p95", "p99", "max"].map((figure) => ({ title: figure.replace(/^m/, "M"), cell: (row) => figureOf(row, row[figure]) }));
  return panel("Distributions", {}, table("Distributions", [metricName, { title: "Values", cell: (row) => number(row.count) }, ...columns], rows, { keyed: rowKey }));
}
