// The page: reads the report, and ties its parts together.

const report = JSON.parse(byId("data").textContent);
const view = { selected: report.operations.length > 0 ? 0 : null, compared: [] };

function head() {
  const [from, to] = [new Date(report.started_ms), new Date(report.taken_ms)];
  const day = { dateStyle: "medium", timeStyle: "medium" };
  const end = from.toDateString() === to.toDateString() ? { timeStyle: "medium" } : day;
  const time = (date, style) => element("time", { datetime: date.toISOString() }, new Intl.DateTimeFormat("en-GB", style).format(date));
  const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(to).find((part) => part.type === "timeZoneName").value;
  byId("when").append(time(from, day), " – ", time(to, end), ` ${zone}`);
  byId("made").append(`perfkit ${report.version} · charts by uPlot, graph layout by dagre`);
}

function figures() {
  const sum = (of) => report.operations.reduce((all, row) => all + row[of], 0);
  const [calls, errors] = [sum("calls"), sum("errors")];
  const tiles = [
    ["Operations", count(report.operations.length), "that were called"],
    ["Calls", count(calls), calls > 0 && report.elapsed > 0 ? `${rate(calls / (report.elapsed / 1e9))} per second` : ""],
    ["Failed", count(errors), `${percent(errors, calls)} of calls`, errors > 0 && "failed"],
    ["Time inside", duration(report.inside), "nested calls counted once"],
    ["Time covered", duration(report.elapsed), "from the start to this snapshot"],
  ];
  byId("figures").append(...tiles.map(([title, figure, note, kind]) =>
    element("div", {}, element("dt", {}, title), element("dd", { class: kind }, figure), element("dd", { class: "note" }, note))));
}

const rate = (value) => (value >= 100 ? count(Math.round(value)) : value.toPrecision(3));

function metrics() {
  const section = byId("metrics");
  section.hidden = report.tables.length === 0;
  document.querySelector('nav [href="#metrics"]').hidden = section.hidden;
  for (const { titles, rows } of report.tables) {
    const title = titles[0] === "distribution" ? "Distributions" : "Counters and gauges";
    const head = titles.map((text) => element("th", { scope: "col" }, text));
    const cells = ([name, ...figures]) => element("tr", {}, element("th", { scope: "row" }, shortName({ name })), figures.map((figure) => element("td", {}, figure)));
    const table = element("table", { class: "plain" }, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows.map(cells)));
    section.append(element("div", {}, element("h2", {}, title), element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, table)));
  }
}

function notes() {
  byId("notes").hidden = report.notes.length === 0;
  document.querySelector('nav [href="#notes"]').hidden = byId("notes").hidden;
  document.querySelector("#notes ul").append(...report.notes.map((note) =>
    element("li", { class: /^[!?]/.test(note) && "warning" }, note)));
}

/** Without operations there is nothing to filter, to select or to draw. */
function noOperations() {
  byId("filter").hidden = byId("details").hidden = byId("graph").hidden = true;
  document.querySelector('nav [href="#graph"]').hidden = true;
  const hint = element("p", {}, "Annotate functions with ", element("code", {}, "#[timed]"), ", or record durations by name.");
  document.querySelector("#operations .split").replaceChildren(
    element("div", { class: "scroll empty" }, element("p", {}, "No timed operation has been called."), hint));
  document.querySelector("#operations .split").classList.remove("split");
}

function graph() {
  const holder = byId("drawing");
  const more = report.nodes.length - report.drawn.length;
  const inner = report.edges.filter(([caller]) => caller !== null).length - report.arrows.length;
  if (report.arrows.length === 0) {
    holder.append(element("p", { class: "empty" }, "No timed operation called another."));
    document.querySelector("#graph .buttons").hidden = true;
    return;
  }
  const left = more + inner > 0 ? `; ${counted(more, "operation")} and ${counted(inner, "arrow")} with less time are not drawn` : "";
  byId("graph-note").textContent = `Warmer is more time in the operation itself${left}.`;
  const draw = () => {
    if (!holder.firstChild) navigate(holder, drawGraph(holder, report, (at) => select(at, true)));
  };
  new IntersectionObserver((seen, observer) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    draw();
  }, { rootMargin: "300px" }).observe(holder);
  addEventListener("beforeprint", draw);
}

/** The curves shown: of what is compared, and of the selected operation. */
const shown = () => [...new Set([...view.compared, view.selected])].filter((at) => at != null).slice(-CURVES);

function select(at, isFar = false) {
  view.selected = at;
  update();
  const isBelow = byId("details").offsetTop > byId("rows").offsetTop + 100;
  if (isFar || isBelow) byId("details").scrollIntoView({ block: "nearest" });
}

function compare(at, isOn) {
  view.compared = view.compared.filter((other) => other !== at);
  if (isOn) view.compared = [...view.compared, at].slice(1 - CURVES);
  update();
}

/** Shows what is selected and compared, without making the rows anew. */
function update() {
  const panel = byId("details");
  const hasFocus = panel.contains(document.activeElement);
  takeSlots(shown());
  for (const row of document.querySelectorAll("#rows tr[data-at]")) {
    const at = Number(row.dataset.at);
    row.setAttribute("aria-current", String(at === view.selected));
    const pick = row.querySelector("input");
    pick.checked = view.compared.includes(at);
    pick.style.accentColor = pick.checked ? slotColor(at) : "";
  }
  showDetails(panel, report, view.selected, shown(), { select: (to) => select(to), compare });
  // What had the focus is gone: the keyboard goes on from the title.
  if (hasFocus) panel.querySelector("h3")?.focus({ preventScroll: true });
}

head();
figures();
metrics();
notes();
if (report.operations.length === 0) {
  noOperations();
} else {
  operationsTable(report, view, { select, compare })();
  update();
  graph();
  isDark.addEventListener("change", update);
}
