// What views are made of.

/** A part of a view under a title. */
function panel(title, { note, tools, kind, id } = {}, ...children) {
  const heading = `title-${id ?? title.toLowerCase().replace(/\W+/g, "-")}`;
  return element("div", { class: kind ? `panel ${kind}` : "panel", "data-key": heading },
    element("div", { class: "bar" }, element("h2", { id: heading }, title), note && element("p", {}, note), tools), children);
}

/** A row of figures: `[title, figure, note, kind, spark]`. */
const figures = (tiles) => element("dl", { class: "figures" }, tiles.map(([title, figure, note, kind, spark]) =>
  element("div", {}, element("dt", {}, title), element("dd", { class: kind || null }, figure),
    element("dd", { class: "note" }, note ?? "", spark))));

/** A figure whose unit is set smaller. */
function withUnit(text) {
  const [, digits, unit] = /^(\D?[\d.,\u202f]+)(\D*)$/.exec(text) ?? [null, text, ""];
  return [digits, unit && element("span", { class: "unit" }, unit)];
}

/**
 * A table in a region of its own to scroll in. A column is `{ title, cell, left, hint, sort, kind, isText }`;
 * `sort` names the order that its heading's button asks for, text takes the room that is left.
 */
function table(label, columns, rows, { keyed, sorted, rowKind, kind } = {}) {
  const head = columns.map((column) => headCell(column, sorted));
  const cellOf = (column, row, at) => element(at === 0 ? "th" : "td",
    { scope: at === 0 && "row", class: [column.left && "left", column.isText && at > 0 && "text", column.kind?.(row)].filter(Boolean).join(" ") || null }, column.cell(row));
  const rowOf = (row) => element("tr", { "data-key": keyed ? keyed(row) : null, class: rowKind?.(row) || null },
    columns.map((column, at) => cellOf(column, row, at)));
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    element("table", { class: kind ?? (columns.some((column) => column.isText) && "wordy") }, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows.map(rowOf))));
}

function headCell({ title, left, hint, sort }, sorted) {
  const style = left ? "left" : null;
  if (!sort || !sorted) return element("th", { scope: "col", class: style, title: hint }, title);
  const order = sorted.sort !== sort ? "none" : sorted.order === "asc" ? "ascending" : "descending";
  return element("th", { scope: "col", class: style, "aria-sort": order },
    element("button", { type: "button", "data-action": "sort", "data-value": sort, title: hint }, title,
      element("span", { class: "order", "aria-hidden": "true" })));
}

const empty = (title, ...hints) => element("div", { class: "empty" }, element("p", { class: "strong" }, title), hints.map((hint) => element("p", {}, hint)));

const code = (text) => element("code", {}, text);

const begin = () => empty("No timed operation has been called yet.",
  element("span", {}, "Annotate functions with ", code("#[timed]"), ", or record durations by name; they appear here with the next interval."));

function failed(error) {
  const text = error.status ? error.message : "The server cannot be reached.";
  return element("div", { class: "empty", role: "alert" }, element("p", { class: "strong" }, "This could not be loaded."),
    element("p", {}, shortened(text)), element("button", { type: "button", class: "button", "data-action": "retry" }, "Try again"));
}

/** The shape of a view that is still to come. */
const skeleton = (rows) => element("div", { class: "skeleton", "aria-busy": "true" },
  element("span", { class: "unseen" }, "Loading"), rows.map((row) => element("div", { class: `bones ${row}` })));

const tag = (text, kind) => element("span", { class: `tag ${kind}` }, text);

const SEVERITIES = { critical: "bad", high: "bad", medium: "warn", low: "calm", info: "calm" };

const severityTag = ({ severity }) => tag(severity, SEVERITIES[severity] ?? "calm");

const ruleOf = ({ rule, labels }) => element("span", { class: "rule", title: hintOf(rule + labelsText(labels)) },
  shortened(rule), element("span", { class: "labels" }, shortened(labelsText(labels))));

const FAILURES = ["error", "panic"];

const failures = ({ outcomes }) => FAILURES.reduce((sum, outcome) => sum + outcomes[outcome], 0);

/** The columns that tables of operations share. */
const columnOf = {
  name: { title: "Operation", left: true, sort: "name", cell: (row) => operationLink(row) },
  trend: { title: "Trend", left: true, hint: "Calls in each interval", cell: (row) => spark(row.spark.count) },
  slow: { title: "Trend", left: true, hint: "p95 of each interval", cell: (row) => spark(row.spark.p95_ns) },
  rate: { title: "Calls/s", sort: "rate", hint: "Calls in a second", cell: (row) => rate(row.rate) },
  count: { title: "Calls", sort: "count", hint: "Calls that have ended", cell: (row) => count(row.count) },
  failed: { title: "Failed", hint: "Calls that returned an error or panicked", kind: (row) => failureKind(row), cell: (row) => count(failures(row)) },
  errors: { title: "Errors", sort: "errors", hint: "Share of calls that returned an error or panicked", kind: (row) => failureKind(row), cell: (row) => ratio(row.error_rate) },
  total: { title: "Total", sort: "total", hint: "Time of outermost calls", cell: (row) => duration(row.total_ns) },
  self: { title: "Self", sort: "self", hint: "Time in the operation itself", cell: (row) => duration(row.self_ns) },
  ...Object.fromEntries(["mean", "p50", "p95", "p99", "max"].map((figure) =>
    [figure, { title: figure.replace(/^m/, "M"), sort: figure, cell: (row) => duration(row[`${figure}_ns`]) }])),
};

const failureKind = (row) => (row.error_rate > 0 || (row.outcomes && failures(row) > 0) ? "failed" : "none");

const rowKey = ({ name, labels }) => JSON.stringify([name, labels]);
