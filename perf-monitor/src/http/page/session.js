// Signing in, where the server has a token.

function showSignIn(problem) {
  const field = element("input", { type: "password", id: "token", name: "token", required: true, autocomplete: "current-password", "aria-describedby": "sign-in-problem" });
  const form = element("form", { class: "sign-in", id: "sign-in" },
    element("h1", {}, "Sign in"),
    element("p", {}, "This dashboard is behind a token: the one that the server was started with."),
    // Password managers keep what they keep under a name.
    element("input", { type: "text", name: "username", value: "perfkit", autocomplete: "username", hidden: true }),
    element("label", { for: "token" }, "Token"), field,
    element("p", { id: "sign-in-problem", class: "problem", role: "alert" }, problem ?? ""),
    element("button", { type: "submit", class: "button primary" }, "Sign in"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    signIn(field.value);
  });
  byId("main").replaceChildren(form);
  field.focus();
}

async function signIn(token) {
  try {
    await ask("api/v1/session", { method: "POST", body: { token } });
  } catch (error) {
    byId("sign-in-problem").textContent = error.status === 401 ? "That is not the token." : "The server cannot be reached; please try again.";
    byId("token").select();
    return;
  }
  state.isSignedOut = false;
  store("signed", "in");
  byId("main").replaceChildren();
  start();
}

/** When an answer said that nobody is signed in. */
function signedOut() {
  stop();
  closeEvents?.();
  closeEvents = null;
  Object.assign(state, { isSignedOut: true, isPaused: false, data: null, error: null, isConnected: null });
  document.title = "Sign in · perfkit";
  showHeader();
  byId("sign-out").hidden = true;
  if (!byId("sign-in")) showSignIn();
}

async function signOut() {
  await ask("api/v1/session", { method: "DELETE" }).catch(() => {});
  store("signed", "out");
  signedOut();
}
