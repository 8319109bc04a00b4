// The fleet: how workers are, over time too, where work piles up, and what to do about it.

const FLEET_ROWS = 120;

/** What is asked for: it is as it was left on coming back to it. */
const crew = { q: "", domain: null, most: FLEET_ROWS };

views.fleet = {
  title: "Fleet",
  bones: ["tiles", "table", "tables"],
  load(_, signal) {
    const asked = query({ q: crew.q, limit: crew.most });
    // Workers of no domain have an empty one.
    if (crew.domain !== null) asked.set("domain", crew.domain);
    return get("fleet", asked, signal);
  },
  render(data) {
    if (data.counts.workers === 0 && crew.domain === null) return [panel("Fleet", { kind: "first" }, empty("No worker has been seen yet."))];
    return [
      fleetFigures(data),
      healthMap(data),
      element("div", { class: "pair" }, bottleneckPanel(data), movesPanel(data)),
      workersPanel(data),
      data.recommendations.length > 0 && panel("What to do", {}, element("ol", { class: "advice" }, data.recommendations.map((text) => element("li", { "data-key": text }, shortened(text, 400))))),
    ];
  },
  actions: {
    domain(name) {
      crew.domain = crew.domain === name ? null : name;
      crew.most = FLEET_ROWS;
      renew();
    },
    more() {
      crew.most += 4 * FLEET_ROWS;
      renew();
    },
    filter(_, input) {
      clearTimeout(crew.timer);
      crew.timer = setTimeout(() => {
        Object.assign(crew, { q: input.value.trim(), most: FLEET_ROWS });
        renew();
      }, 180);
    },
  },
};

const STATUSES = { healthy: "good", degraded: "warn", overloaded: "warn", failing: "bad" };

const statusTag = ({ status }) => tag(status, STATUSES[status] ?? "calm");

const points = (health) => (health == null ? NONE : String(Math.round(health)));

const wholePercent = (value) => (value == null ? NONE : `${Math.round(value)} %`);

const workerAddress = (id) => `#/worker?${new URLSearchParams({ id })}`;

const workerLink = ({ id, name }, most = 60) => element("a", { class: "link", href: workerAddress(id), title: hintOf(id) }, shortened(name || id, most));

function fleetFigures({ counts, average_health: health, totals, imbalance, imbalance_after: after, move_count: moves }) {
  const unwell = counts.degraded + counts.overloaded + counts.failing;
  return figures([
    ["Workers", count(counts.workers), unwell > 0 ? `${count(unwell)} not well` : "all well", counts.failing > 0 && "failed"],
    ["Average health", points(health), "of 100"],
    ["Tasks per hour", rate(totals.per_hour), `${count(totals.completed)} done, ${count(totals.failed)} failed`],
    ["Error rate", withUnit(ratio(totals.error_rate)), "in the last hour", totals.error_rate > 0.05 && "failed"],
    ["p95 of a task", withUnit(duration(totals.p95_seconds == null ? null : totals.p95_seconds * 1e9)), totals.mean_seconds == null ? "" : `mean ${duration(totals.mean_seconds * 1e9)}`],
    ["Imbalance", imbalance.toFixed(2), moves > 0 ? `${after.toFixed(2)} after ${counted(moves, "move")}` : "0 is even, 1 is not"],
  ]);
}

/** A row a worker, a cell a step; the least healthy first. Colours have words beside them: a table for all who cannot see. */
function healthMap({ workers, times_unix_ms: times, domains, found }) {
  const chips = (domains.length > 1 || crew.domain !== null) && element("div", { class: "segments", role: "group", "aria-label": "Domain" }, domains.map(({ name, average_health: health, workers: all }) =>
    element("button", { type: "button", "data-action": "domain", "data-value": name, "aria-pressed": String(crew.domain === name), title: `${counted(all, "worker")}, average health ${points(health)}` }, shortened(name || "(none)", 24))));
  const shown = workers.slice(0, 30);
  const head = element("tr", {}, element("th", { scope: "col", class: "left" }, "Worker"), times.map((ms) => element("th", { scope: "col" }, element("span", { class: "unseen" }, moment(ms)))));
  const rows = shown.map((row) => element("tr", { "data-key": row.id }, element("th", { scope: "row", class: "left" }, workerLink(row, 24)),
    row.over_time.map((health, at) => element("td", { class: `beat ${levelOf(health)}`, title: `${moment(times[at])}: ${points(health)}` }, element("span", { class: "unseen" }, points(health))))));
  const note = found > shown.length ? `the ${shown.length} least healthy of ${count(found)}, by five minutes of the last hour` : "by five minutes of the last hour";
  return panel("Health over time", { note, tools: chips }, shown.length > 0
    ? element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Health over time" }, element("table", { class: "beats" }, element("thead", {}, head), element("tbody", {}, rows)))
    : empty("No worker is of this name and domain."));
}

/** As health scores come to statuses, and one step between. */
const levelOf = (health) => (health == null ? "unknown" : health < 50 ? "bad" : health < 75 ? "poor" : health < 90 ? "fair" : "well");

function bottleneckPanel({ bottlenecks, bottleneck_count: all }) {
  const columns = [
    { title: "Severity", left: true, cell: severityTag },
    { title: "Worker", left: true, cell: ({ worker }) => workerLink({ id: worker }) },
    { title: "Issue", left: true, isText: true, cell: ({ issue, recommendation }) => element("span", { title: hintOf(recommendation) }, shortened(issue, 200)) },
  ];
  const note = all > bottlenecks.length ? `the worst ${bottlenecks.length} of ${count(all)}` : null;
  return panel("Bottlenecks", { note }, bottlenecks.length > 0
    ? table("Bottlenecks", columns, bottlenecks, { keyed: ({ worker, issue }) => `${worker} ${issue}` })
    : empty("No worker is beyond a threshold."));
}

function movesPanel({ moves, move_count: all, imbalance }) {
  const columns = [
    { title: "From", left: true, cell: ({ from }) => workerLink({ id: from }) },
    { title: "To", left: true, cell: ({ to }) => workerLink({ id: to }) },
    { title: "Tasks", cell: ({ tasks }) => count(tasks) },
    { title: "Why", left: true, isText: true, cell: ({ why, effect }) => element("span", { title: hintOf(effect) }, shortened(why, 200)) },
  ];
  const [first, note] = [moves.slice(0, 8), all > 8 ? `the first 8 of ${count(all)} moves, over all domains` : "what should move, over all domains"];
  return panel("Rebalancing", { note }, moves.length > 0
    ? table("Moves", columns, first, { keyed: ({ from, to }) => `${from} ${to}` })
    : empty("Nothing should move.", imbalance > 0.3 ? "What is under way cannot be moved, or no worker is fit to take more." : "Work is spread well enough."));
}

const workerColumns = [
  { title: "Worker", left: true, cell: (row) => workerLink(row) },
  { title: "Domain", left: true, cell: ({ domain }) => shortened(domain, 40) },
  { title: "Status", left: true, cell: statusTag },
  { title: "Health", hint: "0 to 100", cell: ({ health }) => points(health) },
  { title: "Workload", hint: "In percent of what it can take", cell: ({ workload, action }) => element("span", { title: action }, wholePercent(workload)) },
  { title: "Running", hint: "Of as many as it can have under way", cell: ({ concurrent, max_concurrent: most }) => (most == null ? count(concurrent) : `${count(concurrent)}/${count(most)}`) },
  { title: "Queue", cell: ({ queue_depth: depth }) => count(depth) },
  { title: "Done", cell: ({ completed }) => count(completed) },
  { title: "Failed", kind: ({ failed }) => (failed > 0 ? "failed" : "none"), cell: ({ failed }) => count(failed) },
  { title: "Errors", kind: ({ error_rate: errors }) => (errors > 0 ? "failed" : "none"), cell: ({ error_rate: errors }) => ratio(errors) },
  { title: "Mean", cell: ({ mean_seconds: mean }) => duration(mean == null ? null : mean * 1e9) },
  { title: "Cache", hint: "Hits of all look-ups", cell: ({ cache_hit_rate: hits }) => ratio(hits) },
  { title: "Efficiency", hint: "0 to 1: speed, consistency, success", cell: ({ efficiency }) => (efficiency == null ? NONE : efficiency.toFixed(2)) },
  { title: "Idle", hint: "Since it was last active", cell: ({ idle_seconds: idle }) => (idle == null ? NONE : lasting(idle * 1e3)) },
];

function workersPanel({ workers, found, counts }) {
  const left = found - workers.length;
  const bar = element("div", { class: "bar" },
    element("input", { type: "search", id: "filter", "data-action": "filter", placeholder: "Filter by name or id", "aria-label": "Filter workers by name or id", "aria-keyshortcuts": "/", autocomplete: "off", spellcheck: "false", value: crew.q }),
    element("kbd", { "aria-hidden": "true" }, "/"),
    element("output", { for: "filter", "aria-live": "polite" }, found === counts.workers ? counted(found, "worker") : `${count(found)} of ${counted(counts.workers, "worker")}`));
  return element("div", { class: "panel list", "data-key": "workers" }, bar,
    workers.length > 0 ? table("Workers", workerColumns, workers, { keyed: ({ id }) => id }) : empty("No worker has such a name or id."),
    left > 0 && element("button", { type: "button", class: "button more", "data-action": "more" }, `Show ${count(Math.min(left, 4 * FLEET_ROWS))} more`));
}
