// What the server answers. Addresses are relative: the page may be mounted under any path.

/** What stands in front of all addresses: something where the page's own does not end in a slash. */
const base = document.documentElement.dataset.base;

class Failure extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function ask(path, { signal, accept = "application/json", method = "GET", body } = {}) {
  const headers = { Accept: accept, ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(base + path, { method, headers, signal, cache: "no-store", body: body && JSON.stringify(body) });
  // The state of health is told by the body even where the answer is an error to load balancers.
  if (answer.ok || (path === "health" && answer.status === 503)) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Failure(answer.status, problem.detail || problem.title || `The server answered ${answer.status}.`);
}

/** Of fields those that are set; or as it was made. */
const query = (fields) => (fields instanceof URLSearchParams ? fields : new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== "" && value != null)));

async function get(path, fields, signal) {
  const text = query(fields).toString();
  return (await ask(text ? `api/v1/${path}?${text}` : `api/v1/${path}`, { signal })).json();
}

const getHealth = async (signal) => (await ask("health", { signal })).json();

/** Saves an answer as a file. */
async function download(path, accept, name) {
  const blob = await (await ask(path, { accept })).blob();
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10e3);
}

/** Kept in the browser, where that is allowed. */
function stored(key) {
  try {
    return localStorage.getItem(`perfkit.${key}`);
  } catch {
    return null;
  }
}

function store(key, value) {
  try {
    localStorage.setItem(`perfkit.${key}`, value);
  } catch {
    // It holds until the page is closed.
  }
}
