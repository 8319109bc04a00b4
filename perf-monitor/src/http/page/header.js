// The header: which process this is, how it is, and what is chosen.

/** Sets text only where it differs: what is announced is announced once. */
function setText(holder, text) {
  if (holder.textContent !== text) holder.textContent = text;
}

function showHeader() {
  showInstance();
  showHealth();
  showLive();
  showViews();
  showWindows();
  showTheme();
  byId("downloads").hidden = state.isSignedOut;
  byId("pause").hidden = state.isSignedOut;
}

function showInstance() {
  if (!state.overview) return;
  const { host, pid, version, perfkit } = state.overview.instance;
  const parts = [shortened(host, 48), `pid ${pid}`, version && shortened(version, 24)].filter(Boolean);
  patch(byId("instance"), parts.map((part, at) => element("span", { class: at === 0 ? "host" : null }, part)));
  setText(byId("made"), `perfkit ${perfkit} · charts by uPlot, graph layout by dagre`);
}

function showHealth() {
  const [pill, badge] = [byId("health"), byId("firing")];
  pill.hidden = !state.health || state.isSignedOut;
  if (state.health) {
    const { status } = state.health;
    pill.className = `pill ${CHECKS[status] ?? "calm"}`;
    pill.setAttribute("aria-label", `Health: ${status}`);
    pill.href = "#/alerts";
    patch(pill, element("i", { class: "dot" }), status);
  }
  badge.hidden = state.firing === 0 || state.isSignedOut;
  patch(badge, String(state.firing), element("span", { class: "unseen" }, state.firing === 1 ? " alert" : " alerts"), " firing");
}

function showLive() {
  const [holder, button] = [byId("live"), byId("pause")];
  const [kind, text] = state.isSignedOut ? ["off", ""]
    : state.isPaused ? ["paused", `Paused at ${clock(state.pausedAt)}`]
    : state.isConnected === false ? ["lost", "Reconnecting…"]
    : state.isConnected ? ["on", "Live"] : ["off", "Connecting…"];
  holder.className = `live ${kind}`;
  setText(holder, text);
  setText(button, state.isPaused ? "Resume" : "Pause");
  button.title = state.isPaused ? "Go on (p)" : "Stop changing what is shown (p)";
}

function showViews() {
  const shown = views[state.route.view].of ?? state.route.view;
  // A view of one thing is reached from that of all; a fleet is not every program's.
  const isLinked = ([name, { of }]) => !of && (name !== "fleet" || state.overview?.workers != null || shown === name);
  const links = Object.entries(views).filter(isLinked).map(([name, { title }]) =>
    element("a", { href: `#/${name}`, "aria-current": name === shown && "page" }, title));
  patch(byId("views"), state.isSignedOut ? [] : links);
}

function showWindows() {
  const holder = byId("windows");
  holder.hidden = state.windows.length === 0 || state.isSignedOut || ["alerts", "resources", "metrics", "fleet", "worker"].includes(state.route.view);
  patch(holder, state.windows.map((name) => element("button", {
    type: "button", "data-window": name, "aria-pressed": String(name === state.window),
    title: name === "start" ? "Since the start" : `The last ${name}`,
  }, windowTitle(name))));
}

const THEMES = ["auto", "light", "dark"];

function showTheme() {
  const theme = document.documentElement.dataset.theme ?? "auto";
  setText(byId("theme"), `${theme[0].toUpperCase()}${theme.slice(1)}`);
  byId("theme").setAttribute("aria-label", `Theme: ${theme}`);
  byId("theme").title = "Theme: as the system, light, dark";
}

function setTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function nextTheme() {
  const theme = document.documentElement.dataset.theme ?? "auto";
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  setTheme(next);
  store("theme", next);
  showTheme();
  redrawPlots();
}
