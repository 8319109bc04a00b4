// The call graph, drawn as in reports.

views.graph = {
  title: "Call graph",
  bones: ["line", "drawing"],
  load: (_, signal) => get("graph", { window: state.window }, signal),
  render(data) {
    const graph = graphOf(data);
    if (data.nodes.length === 0) return [panel("Operations", {}, begin())];
    if (graph.arrows.length === 0) return [panel("Calls", {}, empty("No timed operation called another in this window."))];
    const made = element("div", { class: "panel graph", "data-plot": "graph", "data-key": "graph" });
    made.spec = { graph, paint: paintGraph };
    return [made];
  },
};

/** As drawGraph takes it: of the operations those that an arrow leads to or from. */
function graphOf({ nodes, edges, omitted }) {
  const arrows = edges.filter(({ caller }) => caller != null).map(({ caller, callee, calls, time_ns: time }) => [caller, callee, calls, time]);
  const drawnNodes = [...new Set(arrows.flatMap(([from, to]) => [from, to]))];
  return {
    nodes: nodes.map((node) => [shortened(node.name), node.count, node.total_ns, node.self_ns]),
    names: nodes.map(({ name }) => name),
    failing: nodes.map(({ errors }) => errors > 0),
    inside: nodes.reduce((sum, node) => sum + node.self_ns, 0),
    operations: nodes.map((_, node) => ({ node })),
    drawn: drawnNodes, arrows, omitted, apart: nodes.length - drawnNodes.length,
  };
}

function paintGraph(figure) {
  const { graph } = figure.spec;
  const signature = JSON.stringify([graph.drawn.map((node) => graph.names[node]), graph.arrows.map(([from, to]) => [from, to])]);
  if (figure.signature !== signature) layOut(figure, graph);
  else updateGraph(figure, graph);
  figure.signature = signature;
  figure.querySelectorAll(".node").forEach((node) => node.classList.toggle("failing", graph.failing[node.dataset.node]));
}

/** Anew, at the scale and place that the reader chose. */
function layOut(figure, graph) {
  const old = figure.querySelector("#drawing");
  const kept = old?.firstChild && { scale: navigate.scale, left: old.scrollLeft, top: old.scrollTop };
  const zoom = [["smaller", "−", "Smaller"], ["fit", "Fit", null], ["larger", "+", "Larger"]].map(([id, text, label]) => element("button", { type: "button", id, "aria-label": label }, text));
  const holder = element("div", { id: "drawing", class: "scroll", tabindex: 0, role: "region", "aria-label": "Call graph" });
  figure.replaceChildren(
    element("div", { class: "bar" }, element("p", {}, graphNote(graph)), element("div", { class: "segments", role: "group", "aria-label": "Zoom" }, zoom)), holder);
  // Its names may have changed by the time of the click.
  const result = drawGraph(holder, graph, (at) => (location.hash = operationAddress({ name: figure.spec.graph.names[at] })));
  navigate(holder, result, kept);
  // The name of a node is its title, which says what it shows.
  for (const node of holder.querySelectorAll(".node")) node.removeAttribute("aria-label");
}

function graphNote({ omitted, apart }) {
  const left = [omitted.nodes > 0 && counted(omitted.nodes, "operation"), omitted.edges > 0 && counted(omitted.edges, "arrow")].filter(Boolean).join(" and ");
  return [
    "Warmer is more time in the operation itself; outlined in red are those with failed calls.",
    left && `${left} with less time are not drawn.`,
    apart > 0 && `${counted(apart, "operation")} neither called nor were called by another.`,
  ].filter(Boolean).join(" ");
}

/** New figures in the drawing that is there. */
function updateGraph(figure, graph) {
  for (const drawing of figure.querySelectorAll(".node")) {
    const { lines, warmth } = aboutNode(graph, drawing.dataset.node);
    const texts = drawing.querySelectorAll("text");
    lines.forEach((line, at) => (texts[at + 1].textContent = line));
    drawing.querySelector("title").textContent = nodeTitle(graph.nodes[drawing.dataset.node][0], lines);
    drawing.querySelector(".heat").setAttribute("fill-opacity", warmth);
  }
  figure.querySelectorAll(".arrow").forEach((drawing, at) => {
    const [from, to, calls, time] = graph.arrows[at];
    const text = callsAndTime(calls, time);
    drawing.querySelector("title").textContent = arrowTitle(graph, from, to, text);
    const label = drawing.querySelector("text");
    if (label) label.textContent = text;
  });
}
