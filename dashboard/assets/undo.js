// Dash keeps each change of an input for undo buttons, which Lumos does not have: one a tick, and the whole list copied
// for the next. A page that was left open for days would hold tens of megabytes of it, and copy them every second.
(function () {
  const MOST = 50;

  function forget() {
    const { past } = window.store.getState().history;
    if (past.length > MOST) {
      past.length = 0;
    }
  }

  // The store is there once Dash has begun.
  const waiting = setInterval(() => {
    if (window.store) {
      clearInterval(waiting);
      window.store.subscribe(forget);
    }
  }, 500);
})();
