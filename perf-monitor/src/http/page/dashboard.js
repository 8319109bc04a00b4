// Ties it together: one request of the shown view at a time, made anew with each tick.

const [PATIENCE, HEALTH_EVERY, SKELETON_AFTER] = [15e3, 5e3, 150];

let flight = null;
let isDue = false;
let healthAt = 0;
let closeEvents = null;

/** Loads what is shown, or once more when the request under way has ended. */
async function refresh() {
  if (flight) {
    isDue = true;
    return;
  }
  isDue = false;
  const mine = (flight = new AbortController());
  const timer = setTimeout(() => mine.abort(new Failure(0, "The server took too long to answer.")), PATIENCE);
  try {
    const data = await load(mine.signal);
    if (flight === mine) Object.assign(state, { data, error: null });
  } catch (error) {
    if (flight === mine) state.error = error;
  }
  clearTimeout(timer);
  if (flight !== mine) return;
  flight = null;
  if (state.error?.status === 401) {
    signedOut();
    return;
  }
  if (state.error?.status === 404) state.data = null;
  openStream();
  show();
  if (isDue) refresh();
}

async function load(signal) {
  const data = await views[state.route.view].load(state.route, signal);
  state.overview ??= await get("overview", { window: state.window }, signal);
  if (Date.now() - healthAt > HEALTH_EVERY || state.route.view === "overview") {
    state.health = await getHealth(signal).catch((error) => (signal.aborted ? Promise.reject(error) : null));
    healthAt = Date.now();
  }
  const { windows, firing, window } = state.overview;
  if (state.route.view === "overview" || state.windows.length === 0) {
    state.clockAhead = Date.now() - window.taken_unix_ms;
    state.firing = firing.length;
  }
  state.windows = windows;
  return data;
}

/** Drops the request under way: what it would bring is not wanted any more. */
function stop() {
  flight?.abort();
  flight = null;
  isDue = false;
}

function show() {
  showHeader();
  const { view } = state.route;
  const { title, heading, render, bones, of } = views[view];
  const body = state.data ? render(state.data, state.route) : state.error ? [failure(state.error)] : [skeleton(bones)];
  const isStale = state.data !== null && (state.error !== null || state.isConnected === false);
  byId("main").classList.toggle("stale", isStale);
  byId("main").dataset.view = view;
  patch(byId("main"),
    element("div", { class: "heading", "data-key": "heading" }, of && backLink(of),
      element("h1", { tabindex: -1, class: of ? "mono" : null }, heading ? heading(state.route) : title), state.data && span()),
    state.error && state.data && element("p", { class: "notice", role: "alert", "data-key": "notice" }, `Not up to date: ${shortened(state.error.status ? state.error.message : "the server cannot be reached")}`),
    element("div", { class: "view", "data-key": `view ${state.route.address}` }, body.flat().filter(Boolean)));
  drawPlots();
  document.title = `${state.firing > 0 ? `(${state.firing}) ` : ""}${of ? shortened(state.route.fields.get("name") ?? state.route.fields.get("id") ?? "", 60) : title} · perfkit`;
}

const backLink = (of) => element("p", { class: "back" }, element("a", { href: `#/${of}` }, views[of].title), " /");

/** Of which time the figures are. */
function span() {
  const window = state.data.window;
  if (!window) return null;
  const name = window.name === "start" ? "since the start" : `last ${window.name}`;
  return element("p", { class: "span" }, `${name} · ${moment(window.started_unix_ms)} – ${clock(window.taken_unix_ms)}`);
}

function failure(error) {
  if (error.status !== 404) return failed(error);
  const { missing = ["This program shows none."], of = "overview" } = views[state.route.view];
  return empty(...missing,
    element("button", { type: "button", class: "button", "data-action": "retry" }, "Try again"), element("a", { href: `#/${of}` }, `All ${views[of].title.toLowerCase()}`));
}

/** What the reader asked for: shown even while paused. */
function renew() {
  flight?.abort();
  flight = null;
  refresh();
}

function go() {
  const before = state.route;
  state.route = routeOf(location.hash);
  Object.assign(state, { data: null, error: null });
  showHeader();
  // Where all views have no room beside each other.
  byId("views").scrollLeft = (byId("views").querySelector("[aria-current]")?.offsetLeft ?? 0) - 60;
  // An answer that comes at once replaces the old view without an empty one between.
  setTimeout(() => {
    if (flight && state.data === null) show();
  }, before ? SKELETON_AFTER : 0);
  renewAndFocus(before !== null);
}

async function renewAndFocus(isMoved) {
  flight?.abort();
  flight = null;
  const wanted = state.route;
  await refresh();
  if (!isMoved || wanted !== state.route) return;
  scrollTo(0, 0);
  views[wanted.view].shown?.();
  byId("main").querySelector("h1")?.focus({ preventScroll: true });
}
