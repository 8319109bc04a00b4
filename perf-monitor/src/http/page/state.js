// What the page knows and shows.

/**
 * By the name in the address: `{ title, bones, load(route, signal), render(data, route) }`, and perhaps
 * `heading(route)`, `shown()` and `actions`, which elements with `data-action` call.
 */
const views = {};

const state = {
  window: stored("window") ?? "5m",
  windows: [],
  isPaused: false,
  isConnected: null,
  isSignedOut: false,
  server: null,
  clockAhead: 0,
  overview: null,
  health: null,
  firing: 0,
  route: null,
  data: null,
  error: null,
};

/** The server's time: the browser's clock may be another. */
const now = () => Date.now() - state.clockAhead;

const WINDOW_TITLES = { start: "All" };

const windowTitle = (name) => WINDOW_TITLES[name] ?? name;
