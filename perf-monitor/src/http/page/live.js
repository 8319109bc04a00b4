// The stream of events: opened again whenever it ends, for as long as the page is.

const LONGEST_WAIT = 10e3;

/** Calls `on.hello`, `on.tick` and `on.alert` with what comes, and `on.state` with whether it is connected. */
function openEvents(on) {
  let source = null;
  let wait = 1e3;
  let timer = null;
  const data = (event) => JSON.parse(event.data);

  function open() {
    source = new EventSource(`${base}api/v1/events`);
    source.addEventListener("hello", (event) => {
      wait = 1e3;
      on.state(true);
      on.hello(data(event));
    });
    source.addEventListener("tick", (event) => on.tick(data(event)));
    source.addEventListener("alert", (event) => on.alert(data(event)));
    source.addEventListener("error", lost);
  }

  function lost() {
    on.state(false);
    // The browser tries again by itself unless the answer was an error.
    if (source.readyState !== EventSource.CLOSED) return;
    timer = setTimeout(open, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
