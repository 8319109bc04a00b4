// What is known of the selected operation, with its curve and those it is compared with.

let isLog = false;

const HINT = "by percentile, wider toward 100 %";

/** Shows an operation (by place), with the curves of `shown`; `select` and `compare` change both. */
function showDetails(panel, report, selected, shown, { select, compare }) {
  if (selected == null) {
    panel.replaceChildren(element("p", { class: "empty" }, "Select an operation to see its percentiles, outcomes, callers and callees."));
    return;
  }
  const operation = report.operations[selected];
  panel.replaceChildren(
    element("h3", { tabindex: -1 }, operation.name, element("span", { class: "labels" }, operation.labels)),
    ...(operation.about ? [element("p", { class: "about" }, operation.about)] : []),
    ...latency(report, selected, shown, { select, compare }),
    percentiles(operation),
    outcomes(operation),
    ...aside(operation),
    ...relations(report, operation, select),
  );
}

/** The chart, with a switch for its scale and a key. */
function latency(report, selected, shown, handlers) {
  const title = `Latency by percentile of ${shown.map((at) => report.operations[at].name).join(", ")}`;
  const holder = element("div", { class: "chart", role: "img", "aria-label": title });
  const scale = element("input", { type: "checkbox", id: "log" });
  scale.checked = isLog;
  const readout = element("span", { class: "readout" }, HINT);
  const key = element("ul", { class: "key" }, shown.map((at) => keyOf(report, at, selected, handlers)));
  const onPoint = (point) => {
    readout.textContent = point == null ? HINT : `at ${+report.levels[point].toFixed(4)} %`;
    key.querySelectorAll(".value").forEach((value, at) => {
      const nanos = point == null ? null : report.operations[shown[at]].curve[point];
      value.textContent = nanos == null ? "" : duration(nanos);
    });
  };
  const draw = () => drawCurves(holder, report, shown, isLog, onPoint);
  scale.addEventListener("change", () => {
    isLog = scale.checked;
    draw();
  });
  // Once it is in the page, and so has a width.
  queueMicrotask(draw);
  new ResizeObserver(() => resizeCurves(holder)).observe(holder);
  return [
    element("div", { class: "bar" }, element("h4", {}, "Latency"), element("label", { class: "switch" }, scale, "Log scale")),
    holder, readout, key,
  ];
}

function keyOf(report, at, selected, { compare }) {
  const operation = report.operations[at];
  const swatch = element("i", { class: "swatch" });
  swatch.style.background = slotColor(at);
  const remove = at !== selected && element("button", { type: "button", "aria-label": `Remove ${operation.name}` }, "×");
  if (remove) remove.addEventListener("click", () => compare(at, false));
  return element("li", {}, swatch, shortName(operation), element("span", { class: "value" }), remove);
}

const timed = (operation) => operation.outcomes.reduce((sum, calls) => sum + calls, 0);

const few = (operation, percentile) => timed(operation) * (100 - percentile) < 100 - 1e-6;

const FEW = "Too few calls for this percentile";

function percentiles(operation) {
  const figures = [
    ["min", operation.min], ["p50", operation.p50], ["p90", operation.p90, 90], ["p95", operation.p95, 95],
    ["p99", operation.p99, 99], ["p99.9", operation.p999, 99.9], ["max", operation.max], ["mean", operation.mean],
    ["std dev", operation.stddev], ["total", operation.total], ["self", operation.own],
  ];
  return definitions(figures.map(([title, nanos, percentile]) => {
    const isFew = percentile && few(operation, percentile);
    return [title, duration(nanos) + (isFew ? " *" : ""), isFew && FEW];
  }));
}

const definitions = (figures) => element("dl", { class: "facts" }, figures.map(([title, text, hint]) =>
  element("div", { title: hint }, element("dt", {}, title), element("dd", {}, text))));

/** How the calls ended. */
function outcomes(operation) {
  const names = ["ok", "error", "panic", "cancelled"];
  const all = timed(operation);
  const strip = element("div", { class: "strip", "aria-hidden": "true" });
  const some = names.map((name, at) => [name, operation.outcomes[at]]).filter(([name, calls]) => calls > 0 || name === "ok");
  for (const [name, calls] of some) {
    const part = element("i", { class: name });
    part.style.flexGrow = calls / Math.max(all, 1);
    strip.append(part);
  }
  const list = some.map(([name, calls]) =>
    element("li", {}, element("i", { class: `swatch ${name}` }), `${name} `, element("b", {}, count(calls)), ` ${percent(calls, all)}`));
  const untimed = operation.sampled && ` (of ${count(all)} timed ones)`;
  return element("div", {}, element("h4", {}, counted(operation.calls, "call"), untimed), strip, element("ul", { class: "outcomes" }, list));
}

/** What only some operations have. */
function aside({ polls, idle, allocations, in_flight: running }) {
  const figures = [];
  if (polls) figures.push(["polls", count(polls[0])], ["busy", duration(polls[1])], ["idle", duration(idle)], ["longest poll", duration(polls[2])]);
  if (allocations) figures.push(["allocations", count(allocations[0])], ["allocated", bytes(allocations[1])], ["of its own", bytes(allocations[3])]);
  if (running) figures.push(["running", count(running[0])], ["oldest", running[0] ? duration(running[1]) : "–"]);
  return figures.length > 0 ? [definitions(figures)] : [];
}

/** Its callers, and whom it calls. */
function relations(report, operation, select) {
  const callees = report.edges.filter(([caller]) => caller !== null && caller === operation.node);
  return [
    ...relation(report, "Called by", operation.callers, select),
    ...relation(report, "Calls", callees.map(([, callee, calls, time]) => [callee, calls, time]), select),
  ];
}

function relation(report, title, ends, select) {
  if (ends.length === 0) return [];
  const sorted = [...ends].sort((a, b) => b[2] - a[2]);
  const all = sorted.reduce((sum, [, , time]) => sum + time, 0);
  const rows = sorted.slice(0, 20).map(([node, calls, time]) => element("tr", {},
    element("th", { scope: "row" }, nodeLink(report, node, select)),
    element("td", {}, count(calls)), element("td", {}, duration(time)), element("td", {}, percent(time, all))));
  const head = [title, "calls", "time", "share"].map((text) => element("th", { scope: "col" }, text));
  const more = sorted.length > 20 && element("caption", {}, `and ${sorted.length - 20} more`);
  return [element("table", { class: "relation" }, more, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows))];
}

function nodeLink(report, node, select) {
  if (node == null) return element("span", { class: "muted" }, "outside");
  const name = { name: report.nodes[node][0] };
  const at = report.operations.findIndex((operation) => operation.node === node);
  if (at < 0) return shortName(name);
  const link = element("button", { type: "button", class: "link" }, shortName(name));
  link.addEventListener("click", () => select(at));
  return link;
}
