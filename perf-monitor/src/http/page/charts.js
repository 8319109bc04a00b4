// Charts: figures that draw themselves, by uPlot or on a canvas, and stay while their values change.

const drawn = new Set();

/** Its contents come from `spec.paint(figure)`, whenever the view has been brought up to date. */
function chart(key, spec) {
  const made = element("figure", { class: `chart ${spec.kind ?? ""}`, "data-plot": key, "data-key": key });
  made.spec = spec;
  return made;
}

function drawPlots() {
  for (const figure of [...drawn].filter((one) => !one.isConnected)) forget(figure);
  for (const figure of document.querySelectorAll("[data-plot]")) {
    drawn.add(figure);
    figure.spec.paint(figure);
  }
}

function forget(figure) {
  figure.plot?.destroy();
  figure.plot = null;
  figure.signature = null;
  figure.replaceChildren();
  sizes.unobserve(figure);
  drawn.delete(figure);
}

/** In other colours, or with another scale. */
function redrawPlots() {
  for (const figure of [...drawn]) forget(figure);
  drawPlots();
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.spec.resize) target.spec.resize(target);
    else target.plot?.setSize(sizeOf(target));
  }
});

const sizeOf = (figure) => ({ width: Math.max(figure.holder.clientWidth, 160), height: figure.spec.height });

/** A colour of the style sheet as canvases take it, in the theme that is shown. */
function ink(name, alpha = 1) {
  const probe = byId("main");
  probe.style.outlineColor = `var(${name})`;
  const shown = getComputedStyle(probe).outlineColor;
  probe.style.outlineColor = "";
  return alpha === 1 ? shown : shown.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);
}

const CHART_FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** Title, key, and the element to draw in. */
function frame(figure) {
  const { title, note, lines = [], tools } = figure.spec;
  figure.key = element("ul", { class: "key" }, lines.map(keyEntry));
  figure.readout = element("span", { class: "readout" }, note ?? "");
  figure.holder = element("div", { class: "plot", role: "img" });
  const head = element("div", { class: "head" }, element("span", { class: "title", title: figure.spec.hint }, title), figure.readout, tools?.());
  figure.replaceChildren(element("figcaption", {}, head, lines.length > 0 && figure.key), figure.holder);
  figure.holder.style.minHeight = `${figure.spec.height}px`;
  sizes.observe(figure);
}

function keyEntry({ label, ink: name }) {
  const swatch = element("i", { class: "swatch" });
  swatch.style.background = `var(${name})`;
  return element("li", {}, swatch, `${label} `, element("b", {}));
}

/** Puts the values of a place into the key: the latest ones where the pointer is not on the chart. */
function fillKey(figure, at) {
  const { lines, note, format, when } = figure.spec;
  const latest = (values) => values.findLast((value) => value != null);
  lines.forEach(({ values }, line) => {
    const value = at == null ? latest(values) : values[at];
    figure.key.children[line].querySelector("b").textContent = value == null ? NONE : format(value);
  });
  figure.readout.textContent = at == null ? note ?? "" : when(at);
}

function describe(figure) {
  const { title, name = title, lines, format } = figure.spec;
  const latest = lines.map(({ label, values }) => {
    const value = values.findLast((one) => one != null);
    return `${label} ${value == null ? "unknown" : format(value)}`.trim();
  });
  figure.holder.setAttribute("aria-label", `${name}: latest ${latest.join(", ")}`);
}

/** Draws by uPlot; only values change where the lines are the same. */
function paintPlot(figure) {
  const { spec } = figure;
  const values = [spec.x, ...spec.lines.map((line) => line.values)];
  const signature = JSON.stringify([spec.lines.map((line) => line.label), spec.isLog, spec.height]);
  if (figure.plot && figure.signature === signature) {
    figure.plot.setData(values);
  } else {
    if (figure.plot) forget(figure);
    drawn.add(figure);
    frame(figure);
    figure.plot = new uPlot(spec.options(figure), values, figure.holder);
    figure.signature = signature;
  }
  fillKey(figure, figure.plot.cursor.idx);
  describe(figure);
}

function axisStyle() {
  const line = { stroke: ink("--grid"), width: 1 };
  return { stroke: ink("--muted"), grid: line, ticks: { show: false }, font: CHART_FONT, gap: 6 };
}

/** Wide enough for its labels. */
const fitted = (_, labels) => Math.max(28, ...(labels ?? []).map((label) => (label?.length ?? 0) * 6.2)) + 12;

function lineStyle({ ink: name, isArea, width = 1.5 }) {
  return {
    stroke: ink(name), width, fill: isArea ? ink(name, 0.14) : undefined,
    points: { show: true, size: 4, fill: ink(name), stroke: ink(name), filter: lonePoints },
  };
}

/** A point with no neighbour is no line: it is drawn as a dot. */
function lonePoints(plot, series) {
  const values = plot.data[series];
  const lone = values.map((value, at) => (value != null && values[at - 1] == null && values[at + 1] == null ? at : -1));
  return lone.filter((at) => at >= 0);
}
