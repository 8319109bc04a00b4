// Small curves in tables and tiles.

const [SPARK_WIDTH, SPARK_HEIGHT] = [96, 22];

/** The course of some values; those that are not known leave a gap. */
function spark(values, kind = "") {
  const most = Math.max(...values.map((value) => value ?? 0), 0);
  const step = SPARK_WIDTH / Math.max(values.length - 1, 1);
  const y = (value) => (most > 0 ? SPARK_HEIGHT - 2 - (value / most) * (SPARK_HEIGHT - 4) : SPARK_HEIGHT - 2);
  const points = values.map((value, at) => (value == null ? null : [(at * step).toFixed(1), y(value).toFixed(1)]));
  const runs = runsOf(points);
  const area = runs.map((run) => `M${run[0][0]} ${SPARK_HEIGHT}L${run.join("L")}L${run.at(-1)[0]} ${SPARK_HEIGHT}Z`).join("");
  // A point alone is drawn as a short line.
  const line = runs.map((run) => `M${run.join("L")}${run.length === 1 ? "h.1" : ""}`).join("");
  return shape("svg", { class: `spark ${kind}`, viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    shape("path", { class: "area", d: area }), shape("path", { class: "line", d: line }));
}

function runsOf(points) {
  const runs = [[]];
  for (const point of points) {
    if (point) runs.at(-1).push(point);
    else if (runs.at(-1).length > 0) runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}
