// Which view the address asks for, and addresses of views.

function routeOf(hash) {
  const [, view, text = ""] = /^#?\/?([^?]*)\??(.*)$/s.exec(hash);
  const fields = new URLSearchParams(text);
  return { view: views[view] ? view : "overview", fields, address: `${view}?${text}` };
}

const pairs = (labels) => Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);

/** Of an operation; with labels, or `isExact`, of that series of it alone. */
function operationAddress({ name, labels }, isExact = false) {
  const fields = new URLSearchParams({ name });
  for (const pair of pairs(labels)) fields.append("label", pair);
  if (isExact || pairs(labels).length > 0) fields.set("exact", "true");
  return `#/operation?${fields}`;
}

const operationLink = (row, isExact) => element("a", { class: "link", href: operationAddress(row, isExact) }, nameOf(row));
