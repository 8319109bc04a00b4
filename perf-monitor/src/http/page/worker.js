// One worker: its health part by part and over time, its tasks, and what to do.

views.worker = {
  title: "Worker",
  of: "fleet",
  bones: ["tiles", "charts", "tables"],
  missing: ["There is no such worker.", "It may have been removed, or be of another process."],
  heading: ({ fields }) => shortened(fields.get("id") ?? "", 120),
  load: ({ fields }, signal) => get("fleet/worker", { id: fields.get("id") ?? "" }, signal),
  render: (data) => [
    workerFigures(data),
    element("div", { class: "pair" }, partsPanel(data), workerHealth(data)),
    element("div", { class: "pair" }, workerBottlenecks(data), kindsPanel(data)),
    data.recommendations.length > 0 && panel("What to do", {}, element("ol", { class: "advice" }, data.recommendations.map((text) => element("li", { "data-key": text }, shortened(text, 400))))),
    aboutPanel(data),
  ],
};

function workerFigures({ worker, totals }) {
  return figures([
    ["Health", [points(worker.health), " ", statusTag(worker)], "of 100", worker.health < 50 && "failed"],
    ["Workload", element("span", { title: worker.action }, wholePercent(worker.workload)), "of what it can take"],
    ["Running", count(worker.concurrent), worker.max_concurrent == null ? "" : `of ${count(worker.max_concurrent)}`],
    ["Queue", count(worker.queue_depth), worker.queue_depth > 0 ? "tasks wait" : "nothing waits"],
    ["Error rate", withUnit(ratio(worker.error_rate)), `${count(totals.failed)} of ${counted(totals.completed + totals.failed, "task")}`, worker.error_rate > 0.05 && "failed"],
    ["p95 of a task", withUnit(duration(totals.p95_seconds == null ? null : totals.p95_seconds * 1e9)), totals.mean_seconds == null ? "" : `mean ${duration(totals.mean_seconds * 1e9)}`],
  ]);
}

const ROUNDED = (value) => (value == null ? NONE : String(+value.toFixed(1)));

/** What the score is made of. */
function partsPanel({ parts }) {
  const columns = [
    { title: "Part", left: true, cell: ({ name }) => name },
    { title: "Points", cell: ({ points: has }) => ROUNDED(has) },
    { title: "Of", cell: ({ weight }) => ROUNDED(weight) },
    { title: "Figure", hint: "A rate, percent, or seconds", cell: ({ name, value }) => partFigure(name, value) },
  ];
  return panel("Health, part by part", {}, table("Parts of the health score", columns, parts, { keyed: ({ name }) => name }));
}

function partFigure(name, value) {
  if (value == null) return "unknown";
  if (name === "workload") return wholePercent(value);
  return name === "performance" || name === "recency" ? duration(value * 1e9) : ratio(value);
}

function workerHealth({ worker, times_unix_ms: times }) {
  const values = worker.over_time;
  const known = values.filter((value) => value != null);
  const chart = timeChart({
    key: "health", title: "Health", name: "Health", note: "by five minutes of the last hour", kind: "gauge", x: times.map((ms) => ms / 1e3), format: points, height: 160,
    isLevel: true, most: 100, lines: [{ label: "", ink: "--accent", isArea: true, values }],
  });
  return known.length > 0 ? chart : panel("Health", {}, empty("Nothing is known of its last hour."));
}

function workerBottlenecks({ bottlenecks }) {
  const columns = [
    { title: "Severity", left: true, cell: severityTag },
    { title: "Issue", left: true, isText: true, cell: ({ issue, recommendation }) => [shortened(issue, 200), element("span", { class: "muted" }, ` ${shortened(recommendation, 300)}`)] },
  ];
  return panel("Bottlenecks", {}, bottlenecks.length > 0 ? table("Bottlenecks", columns, bottlenecks, { keyed: ({ issue }) => issue }) : empty("Nothing is beyond a threshold."));
}

function kindsPanel({ kinds }) {
  const columns = [
    { title: "Kind of task", left: true, cell: ({ name }) => shortened(name, 80) },
    { title: "Tasks", cell: ({ tasks }) => count(tasks) },
    { title: "Efficiency", cell: ({ efficiency }) => efficiency.toFixed(2) },
    { title: "Success", cell: ({ success }) => ratio(success) },
    { title: "Speed", hint: "Beside the fleet's mean, 1 at most", cell: ({ speed }) => speed.toFixed(2) },
  ];
  return panel("Tasks", { note: "since it was first seen" }, kinds.length > 0 ? table("Kinds of tasks", columns, kinds, { keyed: ({ name }) => name }) : empty("It has had no task of a kind."));
}

function aboutPanel({ worker, capabilities, metadata }) {
  const rows = [["Name", worker.name], ["Domain", worker.domain || "(none)"], ["Capabilities", capabilities.join(", ") || "(none said)"], ...Object.entries(metadata)];
  const columns = [{ title: "About", left: true, cell: ([key]) => shortened(key, 80) }, { title: "", left: true, isText: true, cell: ([, value]) => shortened(value, 300) }];
  return panel("About it", {}, table("About the worker", columns, rows.map((row, at) => [...row, at]), { keyed: ([key, , at]) => `${at} ${key}` }));
}
