// What the process and the machine use, and how long the network takes.

views.resources = {
  title: "Resources",
  bones: ["charts", "charts", "charts"],
  load: (_, signal) => get("resources", {}, signal),
  render(data) {
    if (data.gauges.length + data.latency.length === 0) return [panel("Resources", { kind: "first" }, empty("No resources are watched.", "They appear once the monitor has sampled the process."))];
    const columns = [{ title: "Target", left: true, cell: targetLink }, columnOf.slow, columnOf.rate, columnOf.errors, columnOf.p50, columnOf.p95, columnOf.p99, columnOf.max];
    // A point in time has no course worth drawing.
    const gauges = data.gauges.filter(({ name, unit }) => !isPointInTime(unit, name));
    return [
      element("div", { class: "charts small" }, gauges.map((gauge) => gaugeChart(gauge, data.taken_unix_ms))),
      data.latency.length > 0 && panel("Network latency", {}, table("Network latency", columns, data.latency, { keyed: rowKey })),
    ];
  },
};

/** A probe is a call of one operation, whose label says what was reached. */
function targetLink(row) {
  const target = row.labels.target ?? row.name + labelsText(row.labels);
  return element("a", { class: "link", href: operationAddress(row, true) }, nameOf({ name: target }));
}

function gaugeChart(gauge, times) {
  const { name, unit, labels, description, value, values } = gauge;
  const format = (one) => measure(one, unit, name);
  return timeChart({
    key: rowKey(gauge), title: nameOf({ name, labels }), name: shortened(name + labelsText(labels)), note: "", hint: description, kind: "gauge", x: times.map((ms) => ms / 1e3), format, height: 112,
    isBinary: unit === "By" || unit === "By/s", isLevel: true, most: isRatio(unit, name) && Math.max(...values.map((one) => one ?? 0)) <= 1 ? 1 : null,
    lines: [{ label: "", ink: "--accent", isArea: true, values: value == null ? values : [...values.slice(0, -1), value] }],
  });
}
