// Brings what is on screen to what was made anew. Only what differs is touched, so that focus, scrolling,
// selected text and charts stay while figures change every second.

function patch(holder, ...children) {
  const focused = document.activeElement;
  patchChildren(holder, children.flat(Infinity).filter((child) => child != null && child !== false));
  // An element that was moved has lost the focus.
  if (focused !== document.activeElement && holder.contains(focused)) focused.focus({ preventScroll: true });
}

const keyOf = (node) => node?.dataset?.key;

const isAlike = (old, next) => old?.nodeName === next.nodeName && keyOf(old) === keyOf(next);

function patchChildren(holder, fresh) {
  const keyed = new Map([...holder.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let at = holder.firstChild;
  for (const made of fresh) {
    const next = typeof made === "string" ? document.createTextNode(made) : made;
    const found = keyed.get(keyOf(next));
    keyed.delete(keyOf(next));
    const old = isAlike(found, next) ? found : isAlike(at, next) && !keyOf(next) ? at : null;
    if (old === null) {
      holder.insertBefore(next, at);
      continue;
    }
    if (old !== at) holder.insertBefore(old, at);
    patchNode(old, next);
    at = old.nextSibling;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function patchNode(old, next) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  patchAttributes(old, next);
  // What a chart draws is its own; see drawPlots.
  if (old.dataset.plot) old.spec = next.spec;
  else patchChildren(old, [...next.childNodes]);
}

function patchAttributes(old, next) {
  for (const { name } of [...old.attributes]) {
    // Whether details are open is for the reader to say.
    if (!next.hasAttribute(name) && name !== "open" && name !== "style") old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
