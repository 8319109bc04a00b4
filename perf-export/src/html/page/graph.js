// The call graph: laid out by dagre, drawn as SVG, scaled and scrolled in its frame.

const LABELS = 50;

const FONT = "12px ui-monospace, monospace";

/** What is said of calls. */
const callsAndTime = (calls, time) => `${count(calls)} × · ${duration(time)}`;

/** What is said of a node below its name, and its share of the time. */
function aboutNode({ nodes, inside }, node) {
  const [, calls, total, own] = nodes[node];
  const share = inside > 0 ? own / inside : 0;
  return { lines: [callsAndTime(calls, total), `${percent(own, inside)} self`], warmth: Math.sqrt(share).toFixed(3) };
}

const nodeTitle = (name, lines) => `${name}: ${lines.join(", ")}`;

const arrowTitle = ({ nodes }, from, to, text) => `${nodes[from][0]} → ${nodes[to][0]}: ${text}`;

/** Draws it, and says how large it is at scale 1. */
function drawGraph(holder, report, select) {
  const layout = new dagre.graphlib.Graph();
  layout.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 44, edgesep: 14, marginx: 12, marginy: 12 });
  const ink = document.createElement("canvas").getContext("2d");
  ink.font = FONT;
  for (const node of report.drawn) layout.setNode(node, nodeBox(report, node, ink));
  // Labels on all arrows of a large graph would push it apart.
  const least = report.arrows.map(([, , , time]) => time).sort((a, b) => b - a)[LABELS - 1] ?? 0;
  for (const [from, to, calls, time] of report.arrows) {
    const isLabelled = time >= least;
    layout.setEdge(from, to, { from, to, text: callsAndTime(calls, time), isLabelled, time, width: isLabelled ? 96 : 0, height: isLabelled ? 14 : 0, labelpos: "c" });
  }
  dagre.layout(layout);
  const { width, height } = layout.graph();
  const most = Math.max(1, ...report.arrows.map(([, , , time]) => time));
  const drawing = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Call graph" }, arrowHead(),
    layout.edges().map((edge) => arrow(report, layout.edge(edge), layout.node(edge.v), most)),
    layout.nodes().map((node) => box(report, layout.node(node), Number(node), select)));
  holder.replaceChildren(drawing);
  // What is looked at first: where most of the time comes in.
  const top = layout.node(report.drawn.reduce((a, b) => (report.nodes[b][2] > report.nodes[a][2] ? b : a)));
  return { drawing, width, height, top };
}

function nodeBox(report, node, ink) {
  const [name] = report.nodes[node];
  const tail = name.split("::").slice(-2).join("::");
  const title = tail.length > 34 ? `${tail.slice(0, 16)}…${tail.slice(-17)}` : tail;
  const { lines, warmth } = aboutNode(report, node);
  const width = Math.max(...[title, ...lines].map((line) => ink.measureText(line).width)) + 26;
  return { name, title, lines, warmth, width, height: 60 };
}

function arrowHead() {
  return shape("defs", {}, shape("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto" },
    shape("path", { d: "M0 0 8 4 0 8z" })));
}

function arrow(report, edge, caller, most) {
  const width = (0.8 + 2.2 * Math.sqrt(edge.time / most)).toFixed(2);
  const isLoop = edge.from === edge.to;
  const label = isLoop ? { x: caller.x + caller.width / 2 + 62, y: caller.y } : edge;
  return shape("g", { class: "arrow" },
    shape("title", {}, arrowTitle(report, edge.from, edge.to, edge.text)),
    shape("path", { d: isLoop ? loop(caller) : curve(edge.points), "marker-end": "url(#head)", "stroke-width": width }),
    edge.isLabelled && shape("text", { x: label.x, y: label.y + 4 }, edge.text));
}

/** From a node's right side back to it. */
const loop = ({ x, y, width }) => `M${x + width / 2} ${y - 12}c18 -8 18 32 0 24`;

/** Through these points, round where it turns. */
function curve(points) {
  const at = ({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const turns = points.slice(1, -1).map((point, i) => {
    const isLast = i === points.length - 3;
    return `Q${at(point)} ${at(isLast ? points.at(-1) : middle(point, points[i + 2]))}`;
  });
  return `M${at(points[0])}${turns.join("") || `L${at(points.at(-1))}`}`;
}

function box(report, { x, y, width, height, name, title, lines, warmth }, node, select) {
  const at = report.operations.findIndex((operation) => operation.node === node);
  const label = nodeTitle(name, lines);
  const frame = shape("rect", { width, height, rx: 7 });
  const heat = shape("rect", { width, height, rx: 7, class: "heat", "fill-opacity": warmth });
  const made = shape("g", { class: "node", transform: `translate(${x - width / 2} ${y - height / 2})`, tabindex: at < 0 ? null : 0, role: at < 0 ? "img" : "button", "aria-label": label, "data-node": node },
    shape("title", {}, label), frame, heat,
    shape("text", { x: width / 2, y: 20, class: "title" }, title),
    lines.map((line, i) => shape("text", { x: width / 2, y: 36 + 15 * i }, line)));
  if (at >= 0) {
    made.addEventListener("click", () => select(at));
    made.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      select(at);
    });
  }
  return made;
}

/** Buttons, the wheel with Ctrl, and dragging. Begins at a scale and place that were `kept`, if any were. */
function navigate(holder, { drawing, width, height, top }, kept) {
  const scaleTo = (scale) => {
    navigate.scale = Math.min(3, Math.max(0.1, scale));
    drawing.setAttribute("width", Math.round(width * navigate.scale));
    drawing.setAttribute("height", Math.round(height * navigate.scale));
  };
  const fit = () => scaleTo(Math.min(1, (holder.clientWidth - 2) / width));
  const start = () => scaleTo(Math.max(0.55, Math.min(1, (holder.clientWidth - 2) / width)));
  byId("smaller").addEventListener("click", () => scaleTo(navigate.scale / 1.25));
  byId("larger").addEventListener("click", () => scaleTo(navigate.scale * 1.25));
  byId("fit").addEventListener("click", fit);
  holder.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    scaleTo(navigate.scale * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
  }, { passive: false });
  holder.addEventListener("pointermove", (event) => {
    if (event.buttons !== 1 || event.pointerType === "touch") return;
    holder.scrollBy(-event.movementX, -event.movementY);
  });
  addEventListener("beforeprint", fit);
  if (kept) scaleTo(kept.scale);
  else start();
  const { left, top: down } = kept ?? { left: top.x * navigate.scale - holder.clientWidth / 2, top: top.y * navigate.scale - 80 };
  holder.scrollTo(left, down);
}
