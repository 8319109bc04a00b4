// What a person on call wants in the first five seconds.

views.overview = {
  title: "Overview",
  bones: ["line", "tiles", "charts", "tables"],
  async load(_, signal) {
    state.overview = await get("overview", { window: state.window }, signal);
    return state.overview;
  },
  render(data) {
    if (data.operations === 0) return [attention(data), panel("Operations", {}, begin())];
    return [
      attention(data),
      overviewFigures(data),
      element("div", { class: "charts three" }, timelineCharts(data.timeline)),
      element("div", { class: "pair" }, slowest(data), failing(data)),
    ];
  },
};

/** What is wrong now, or that nothing is. */
function attention({ firing, pending }) {
  const checks = Object.entries(state.health?.checks ?? {});
  const wrong = checks.filter(([, { status }]) => status !== "UP");
  const items = [...firing.map(firingItem), ...wrong.map(checkItem)];
  const held = pending > 0 && element("a", { href: "#/alerts" }, `${counted(pending, "alert")} pending`);
  if (items.length === 0) return allClear(checks.length, held);
  return element("section", { class: "attention", "aria-label": "Needs attention", "data-key": "attention" },
    element("ul", {}, items), held && element("p", { class: "held" }, held));
}

function allClear(checks, held) {
  const text = checks > 0 ? `No alert is firing, ${counted(checks, "health check")} up.` : "No alert is firing.";
  return element("section", { class: "attention clear", "aria-label": "State", "data-key": "attention" },
    element("p", {}, element("i", { class: "dot good" }), text, held && [" ", held]));
}

const firingItem = (alert) => element("li", { class: SEVERITIES[alert.severity], "data-key": `alert ${alert.rule}${labelsText(alert.labels)}` },
  severityTag(alert), element("a", { href: "#/alerts", class: "what" }, shortened(alert.summary || alert.rule, 300)),
  element("span", { class: "when" }, `firing for ${lasting(now() - alert.started_unix_ms)}`));

const checkItem = ([name, { status, output }]) => element("li", { class: status === "DOWN" ? "bad" : "warn", "data-key": `check ${name}` },
  tag(status.toLowerCase(), status === "DOWN" ? "bad" : "warn"),
  element("span", { class: "what" }, `Health check ${shortened(name)}`, output && element("span", { class: "muted" }, ` ${shortened(output, 300)}`)));

function overviewFigures({ calls, timeline, slowest: [slow], in_flight: running, operations, uptime_ns: uptime }) {
  const errors = timeline.errors.map((failed, at) => (timeline.count[at] > 0 ? failed / timeline.count[at] : null));
  const failedCalls = failures(calls);
  return figures([
    ["Calls per second", rate(calls.rate), counted(calls.count, "call"), "", spark(ratesOf(timeline.count, timeline.covered_ns).slice(-60))],
    ["Error rate", withUnit(ratio(calls.error_rate)), `${count(failedCalls)} failed`, calls.error_rate >= 0.01 && "failed", spark(errors.slice(-60), "bad")],
    ["p95 of all calls", withUnit(duration(calls.p95_ns)), `p50 ${duration(calls.p50_ns)}`, "", spark(timeline.p95_ns.slice(-60))],
    ["Slowest p95", withUnit(duration(slow?.p95_ns)), slow && operationLink(slow)],
    ["Running now", count(running), `of ${counted(operations, "operation")}`],
    ["Up for", withUnit(duration(uptime)), `since ${moment(now() - uptime / 1e6)}`],
  ]);
}

function slowest({ slowest: rows }) {
  const columns = [columnOf.name, columnOf.slow, columnOf.p50, columnOf.p95, columnOf.p99, columnOf.rate];
  return panel("Slowest", { note: "by p95", tools: more("p95") }, table("Slowest operations", columns, rows, { keyed: rowKey }));
}

function failing({ failing: rows }) {
  const columns = [columnOf.name, columnOf.trend, columnOf.errors, columnOf.failed, columnOf.rate];
  const body = rows.length > 0 ? table("Failing operations", columns, rows, { keyed: rowKey }) : empty("No call failed in this window.");
  return panel("Failing", { note: "most failed calls first", tools: more("errors") }, body);
}

const more = (sort) => element("button", { type: "button", class: "quiet", "data-action": "all", "data-value": sort }, "Show all");

views.overview.actions = {
  all(sort) {
    Object.assign(listing, { sort, order: "desc", q: "", scrolled: 0 });
    location.hash = "#/operations";
  },
};
