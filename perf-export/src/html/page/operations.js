// The table of operations: sorted, filtered, some rows at a time.

const ROWS = 200;

const COST_COUNTS = 20;

/** Title, the figure it is sorted by, how that is shown; what it means. */
const COLUMNS = [
  ["operation", (row) => (row.name + row.labels).toLowerCase(), null, "Its name, with its labels"],
  ["calls", (row) => row.calls, (row) => count(row.calls) + (row.sampled ? " #" : ""), "Calls that have ended"],
  ["errors", (row) => row.errors, (row) => count(row.errors), "Calls that returned an error or panicked"],
  ["total", (row) => row.total, (row) => duration(row.total), "Time of outermost calls"],
  ["self", (row) => row.own, null, "Time in the operation itself, of all time inside operations"],
  ["mean", (row) => row.mean, (row) => duration(row.mean), "Mean duration"],
  ["p50", (row) => row.p50, null, "Half of the calls took no longer"],
  ["p95", (row) => row.p95, null, "95 % of the calls took no longer"],
  ["p99", (row) => row.p99, null, "99 % of the calls took no longer"],
  ["max", (row) => row.max, (row) => duration(row.max), "The longest call"],
];

/** The table, in the page's elements; `view` says which rows are selected and compared. */
function operationsTable(report, view, { select, compare }) {
  const state = { column: 3, descending: true, filter: "", most: ROWS };
  const [head, body] = [document.querySelector("#rows thead"), document.querySelector("#rows tbody")];
  const places = report.operations.map((_, at) => at);
  const texts = report.operations.map((row) => (row.name + row.labels).toLowerCase());

  function sorted() {
    const of = COLUMNS[state.column][1];
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const found = places.filter((at) => words.every((word) => texts[at].includes(word)));
    const [keys, sign] = [report.operations.map((row) => of(row) ?? -1), state.descending ? -1 : 1];
    return found.sort((a, b) => sign * (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0) || a - b);
  }

  function render() {
    const found = sorted();
    head.replaceChildren(headOf(state, sortBy));
    body.replaceChildren(...found.slice(0, state.most).map((at) => rowOf(report, at, view, { select, compare })));
    if (found.length === 0) {
      body.append(element("tr", {}, element("td", { colspan: COLUMNS.length + 1, class: "empty" }, "No operation has such a name or label.")));
    }
    const left = found.length - state.most;
    byId("more").hidden = left <= 0;
    byId("more").textContent = left > 5 * ROWS ? `Show ${count(5 * ROWS)} of ${count(left)} more` : `Show ${count(left)} more`;
    byId("found").textContent = state.filter === "" ? "" : `${count(found.length)} of ${count(places.length)}`;
  }

  function sortBy(column) {
    state.descending = state.column === column ? !state.descending : column > 0;
    state.column = column;
    render();
    head.querySelectorAll("button")[column].focus();
  }

  byId("filter").addEventListener("input", (event) => {
    [state.filter, state.most] = [event.target.value, ROWS];
    render();
  });
  byId("more").addEventListener("click", () => {
    state.most += 5 * ROWS;
    render();
  });
  body.addEventListener("keydown", moveFocus);
  return render;
}

/** Arrow keys go from row to row. */
function moveFocus(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const button = step && event.target.closest("tr")?.[step]?.querySelector("button.link");
  if (!button) return;
  event.preventDefault();
  button.focus();
  button.click();
}

function headOf(state, sortBy) {
  const cells = COLUMNS.map(([title, , , hint], at) => {
    const button = element("button", { type: "button", title: hint }, title, element("span", { class: "arrow", "aria-hidden": "true" }));
    button.addEventListener("click", () => sortBy(at));
    const order = at !== state.column ? "none" : state.descending ? "descending" : "ascending";
    return element("th", { scope: "col", "aria-sort": order }, button);
  });
  return element("tr", {}, element("th", { scope: "col", class: "pick" }, element("span", { class: "unseen" }, "Compare")), cells);
}

function rowOf(report, at, view, { select, compare }) {
  const row = report.operations[at];
  const pick = element("input", { type: "checkbox", "aria-label": `Compare ${row.name}${row.labels}` });
  pick.checked = view.compared.includes(at);
  pick.addEventListener("change", () => compare(at, pick.checked));
  const name = element("button", { type: "button", class: "link" }, shortName(row));
  const made = element("tr", { "data-at": at, "aria-current": String(view.selected === at) },
    element("td", { class: "pick" }, pick),
    element("th", { scope: "row" }, name),
    COLUMNS.slice(1).map(([title, value, show]) => figure(report, row, title, value, show)));
  made.addEventListener("click", (event) => {
    if (!event.target.closest("input")) select(at);
  });
  return made;
}

function figure(report, row, title, value, show) {
  if (title === "self") return selfShare(report, row);
  if (show) return element("td", { class: title === "errors" && (row.errors > 0 ? "failed" : "none") }, show(row));
  // As the summary marks them.
  if (few(row, Number(title.slice(1))) && title !== "p50") return element("td", { class: "doubtful", title: FEW }, `${duration(value(row))}*`);
  const isCostly = row.p50 != null && row.p50 < COST_COUNTS * report.cost;
  const hint = isCostly ? `The median is under ${COST_COUNTS} × the cost of timing a call` : null;
  return element("td", { class: isCostly && "doubtful", title: hint }, duration(value(row)) + (isCostly ? "~" : ""));
}

function selfShare(report, row) {
  const bar = element("i", {});
  bar.style.width = percent(row.own, report.inside).replace(" ", "");
  return element("td", { class: "share", title: duration(row.own) }, element("span", { class: "track", "aria-hidden": "true" }, bar), percent(row.own, report.inside));
}
