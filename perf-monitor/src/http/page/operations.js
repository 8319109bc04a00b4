// All operations: sorted and filtered by the server, some rows at a time.

const PAGE_ROWS = 100;

/** What is asked for, and how far down the reader was: it is as it was left on coming back to it. */
const listing = { q: "", sort: "total", order: "desc", most: PAGE_ROWS, scrolled: 0 };

views.operations = {
  title: "Operations",
  bones: ["line", "table"],
  load: (_, signal) => get("operations", { window: state.window, q: listing.q, sort: listing.sort, order: listing.order, limit: listing.most }, signal),
  render: (data) => (data.all === 0 ? [panel("Operations", { id: "list", kind: "first" }, begin())] : [operationsPanel(data)]),
  shown: () => document.querySelector(".list > .scroll")?.scrollTo(0, listing.scrolled),
  actions: {
    sort(by) {
      const isSame = listing.sort === by;
      listing.order = isSame ? (listing.order === "desc" ? "asc" : "desc") : by === "name" ? "asc" : "desc";
      listing.sort = by;
      renew();
    },
    more() {
      listing.most += 2 * PAGE_ROWS;
      renew();
    },
    filter(_, input) {
      clearTimeout(listing.timer);
      listing.timer = setTimeout(() => setFilter(input.value), 180);
    },
  },
};

function setFilter(text) {
  Object.assign(listing, { q: text.trim(), most: PAGE_ROWS, scrolled: 0 });
  renew();
}

function operationsPanel(data) {
  const columns = ["name", "trend", "rate", "count", "errors", "total", "self", "mean", "p50", "p95", "p99", "max"].map((name) => columnOf[name]);
  const left = data.found - data.operations.length;
  const body = data.found > 0
    ? table("Operations", columns, data.operations, { keyed: rowKey, sorted: listing })
    : empty("No operation has such a name or label.", "All words have to occur in its name or its labels.");
  return element("div", { class: "panel list", "data-key": "operations" },
    filterBar(data), body, left > 0 && element("button", { type: "button", class: "button more", "data-action": "more" }, `Show ${count(Math.min(left, 2 * PAGE_ROWS))} more`));
}

function filterBar({ found, all }) {
  return element("div", { class: "bar" },
    element("input", { type: "search", id: "filter", "data-action": "filter", placeholder: "Filter by name or label", "aria-label": "Filter operations by name or label", "aria-keyshortcuts": "/", autocomplete: "off", spellcheck: "false", value: listing.q }),
    element("kbd", { "aria-hidden": "true" }, "/"),
    element("output", { for: "filter", "aria-live": "polite" }, found === all ? counted(all, "operation") : `${count(found)} of ${counted(all, "operation")}`));
}

/** Arrow keys go from row to row, and from the filter into the table. */
function moveFocus(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!step) return;
  const isFilter = event.target.id === "filter" && event.key === "ArrowDown";
  const row = event.target.closest("tbody tr");
  const next = isFilter ? document.querySelector("main tbody a.link") : row?.[step]?.querySelector("a.link");
  if (!next && !(row && event.key === "ArrowUp" && byId("filter"))) return;
  event.preventDefault();
  (next ?? byId("filter")).focus();
}
