// Alerts: what fires, what is about to, what has; the rules, health checks, and who is told.

views.alerts = {
  title: "Alerts",
  bones: ["tiles", "table", "tables"],
  async load(_, signal) {
    const alerts = await get("alerts", {}, signal);
    state.health = await getHealth(signal).catch(() => state.health);
    return alerts;
  },
  render: (data) => [
    firingPanel(data),
    data.pending.length > 0 && pendingPanel(data),
    element("div", { class: "pair" }, checksPanel(), notifiersPanel(data)),
    historyPanel(data),
    rulesPanel(data),
  ],
};

const alertColumns = {
  severity: { title: "Severity", left: true, cell: severityTag },
  // Colour is for what fires now.
  quiet: { title: "Severity", left: true, kind: () => "none", cell: ({ severity }) => severity },
  rule: { title: "Rule", left: true, cell: ruleOf },
  summary: { title: "Summary", left: true, isText: true, cell: ({ summary }) => element("span", { title: hintOf(summary) }, shortened(summary, 200)) },
  started: { title: "Since", left: true, cell: (alert) => timeOf(alert.started_unix_ms) },
  lasted: { title: "For", cell: (alert) => lasting((alert.ended_unix_ms ?? now()) - alert.started_unix_ms) },
};

const alertKey = ({ rule, labels, started_unix_ms: started, status }) => JSON.stringify([rule, labels, started, status]);

function firingPanel({ firing, rules }) {
  const { rule, severity, summary, started, lasted } = alertColumns;
  const body = firing.length > 0
    ? table("Firing alerts", [rule, severity, summary, started, lasted], firing, { keyed: alertKey })
    : empty("No alert is firing.", rules.length === 0 ? "No rules are configured." : `${counted(rules.length, "rule")} watched.`);
  return panel("Firing", { kind: "first" }, body);
}

function pendingPanel({ pending }) {
  const { rule, severity, summary } = alertColumns;
  const of = (column) => ({ ...column, cell: ({ alert }) => column.cell(alert) });
  const held = { title: "Held for", cell: ({ held_ns: nanos }) => duration(nanos) };
  return panel("Pending", { note: "beyond the threshold, but not for long enough yet" },
    table("Pending alerts", [of(rule), of(severity), of(summary), held], pending, { keyed: ({ alert }) => alertKey(alert) }));
}

function historyPanel({ history }) {
  const { rule, quiet, summary, started, lasted } = alertColumns;
  const status = { title: "Status", left: true, cell: ({ status: text }) => tag(text, text === "resolved" ? "good" : "warn") };
  // A beginning has no length: its end is a line of its own.
  const ended = { title: "Lasted", cell: (alert) => (alert.ended_unix_ms == null ? NONE : lasted.cell(alert)) };
  const rows = [...history].reverse().slice(0, 200);
  const note = history.length > rows.length ? `the newest ${rows.length} of ${count(history.length)} changes` : "newest first";
  const body = rows.length > 0
    ? table("Alert history", [rule, status, quiet, summary, started, ended], rows, { keyed: alertKey })
    : empty("No alert has begun or ended since the start.");
  return panel("History", { note }, body);
}

function rulesPanel({ rules }) {
  const columns = [
    { title: "Rule", left: true, cell: ({ name }) => element("span", { class: "rule" }, shortened(name)) },
    alertColumns.quiet,
    { title: "Fires when", left: true, isText: true, kind: () => "mono", cell: ({ text }) => shortened(text, 300) },
  ];
  return panel("Rules", {}, rules.length > 0 ? table("Rules", columns, rules, { keyed: ({ name }) => name }) : empty("No rules are configured."));
}

const CHECKS = { UP: "good", DEGRADED: "warn", DOWN: "bad" };

function checksPanel() {
  const checks = Object.entries(state.health?.checks ?? {});
  const columns = [
    { title: "Check", left: true, cell: ([name]) => element("span", { class: "rule" }, shortened(name)) },
    { title: "Status", left: true, cell: ([, { status }]) => tag(status.toLowerCase(), CHECKS[status] ?? "calm") },
    { title: "Output", left: true, isText: true, cell: ([, { output, critical }]) => [shortened(output ?? NONE, 200), critical && element("span", { class: "muted" }, " · critical")] },
    { title: "Took", cell: ([, { duration_ms: took }]) => duration(took == null ? null : took * 1e6) },
  ];
  return panel("Health checks", {}, checks.length > 0 ? table("Health checks", columns, checks, { keyed: ([name]) => name }) : empty("No health checks are configured."));
}

function notifiersPanel({ notifiers }) {
  const number = (name) => ({ title: name[0].toUpperCase() + name.slice(1), cell: (row) => count(row[name]), kind: (row) => (["dropped", "failed"].includes(name) && row[name] > 0 ? "failed" : "") });
  const columns = [{ title: "Notifier", left: true, cell: ({ name }) => element("span", { class: "rule", title: hintOf(name) }, shortened(name, 80)) }, ...["sent", "queued", "retried", "dropped", "failed"].map(number)];
  return panel("Delivery", {}, notifiers.length > 0 ? table("Delivery of notifications", columns, notifiers, { keyed: ({ name }) => name }) : empty("Nobody is notified.", "Alerts are shown here all the same."));
}
