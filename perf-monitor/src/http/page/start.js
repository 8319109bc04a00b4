// Begins: what the reader does, and what the server tells.

function openStream() {
  closeEvents ??= openEvents({
    state(isConnected) {
      const isLost = state.isConnected && !isConnected;
      state.isConnected = isConnected;
      if (!state.isPaused && (isLost || state.data)) show();
      else showLive();
    },
    hello({ server }) {
      if (state.server !== null && state.server !== server) Object.assign(state, { overview: null, health: null });
      const isMissing = state.server !== null || state.data === null || state.error !== null;
      state.server = server;
      if (isMissing) onTick(null);
    },
    tick: onTick,
    alert: () => (healthAt = 0),
  });
}

/** Nothing changes while the page is paused or cannot be seen. */
function onTick(tick) {
  if (state.isPaused || state.isSignedOut || document.hidden) return;
  // What is not there is asked for again when the reader wants it.
  if (tick && state.error?.status === 404) return;
  if (tick) {
    state.clockAhead = Date.now() - tick.taken_unix_ms;
    state.firing = tick.firing;
  }
  refresh();
}

function togglePause() {
  state.isPaused = !state.isPaused;
  state.pausedAt = Date.now();
  if (state.isPaused && state.data) stop();
  showLive();
  if (!state.isPaused) renew();
}

function onKey(event) {
  const isTyping = event.target.matches("input:not([type=checkbox]), textarea, select");
  if (event.ctrlKey || event.metaKey || event.altKey || state.isSignedOut) return;
  if (event.key === "Escape" && event.target.id === "filter") clearFilter(event);
  else if (event.key === "Escape" && byId("downloads").open) closeDownloads();
  else if (isTyping) moveFocus(event);
  else if (event.key === "/" && byId("filter")) focusFilter(event);
  else if (event.key === "p") togglePause();
  else if (event.key === " " && !event.target.closest("a, button, summary, input, [tabindex='0']")) pauseBySpace(event);
  else moveFocus(event);
}

function closeDownloads() {
  byId("downloads").open = false;
  byId("downloads").querySelector("summary").focus();
}

function pauseBySpace(event) {
  event.preventDefault();
  togglePause();
}

function focusFilter(event) {
  event.preventDefault();
  byId("filter").select();
}

function clearFilter(event) {
  event.preventDefault();
  if (event.target.value === "") event.target.blur();
  event.target.value = "";
  event.target.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

function onClick(event) {
  if (!event.target.closest("#downloads")) byId("downloads").open = false;
  const button = event.target.closest("[data-action], [data-window]");
  if (!button || button.matches("input")) return;
  const { action, value, window } = button.dataset;
  if (window) chooseWindow(window);
  else if (action === "retry") renew();
  else views[state.route.view].actions?.[action]?.(value, button);
}

function chooseWindow(name) {
  state.window = name;
  store("window", name);
  showWindows();
  renew();
}

async function save(path, accept, kind) {
  byId("downloads").open = false;
  const host = String(state.overview?.instance.host ?? "").replace(/[^\w.-]+/g, "-").slice(0, 60);
  try {
    await download(path, accept, `perfkit-${host}-${new Date().toISOString().slice(0, 19).replace(/:/g, "")}.${kind}`);
  } catch (error) {
    if (error.status === 401) signedOut();
    else byId("live").textContent = "The download failed";
  }
}

function listen() {
  addEventListener("hashchange", () => !state.isSignedOut && go());
  addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("input", ({ target }) => views[state.route.view].actions?.[target.dataset?.action]?.(target.dataset.value, target));
  document.addEventListener("scroll", ({ target }) => {
    if (target.matches?.(".list > .scroll")) listing.scrolled = target.scrollTop;
  }, { capture: true, passive: true });
  document.addEventListener("visibilitychange", () => onTick(null));
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
  byId("pause").addEventListener("click", togglePause);
  byId("theme").addEventListener("click", nextTheme);
  byId("sign-out").addEventListener("click", signOut);
  byId("download-report").addEventListener("click", () => save("api/v1/report", "text/html", "html"));
  byId("download-snapshot").addEventListener("click", () => save("api/v1/snapshot", "application/json", "json"));
  isDark.addEventListener("change", redrawPlots);
}

function start() {
  byId("sign-out").hidden = stored("signed") !== "in";
  state.route = null;
  go();
}

setTheme(stored("theme"));
listen();
start();
