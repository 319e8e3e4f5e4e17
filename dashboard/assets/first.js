// What dashboard/layouts/early.py names: the room over the chart that takes the early one in (assets/head/first.js),
// in the very moment in which the page comes in sight, and keeps it until the real chart is drawn below it.
(function () {
  const DRAWN = ".graph .scatterlayer path, .chart-cover .empty";
  const { createElement, useLayoutEffect, useRef } = window.React;

  function Early() {
    const room = useRef(null);
    useLayoutEffect(() => {
      const early = window.lumos.early;
      if (!early) {
        return;
      }
      const here = room.current.parentElement;
      early.moveTo(room.current);
      const watcher = new MutationObserver(look);
      function look() {
        if (here.querySelector(DRAWN)) {
          watcher.disconnect();
          early.end();
        }
      }
      watcher.observe(here, { childList: true, subtree: true });
    }, []);
    return createElement("div", { ref: room, className: "early-room", "aria-hidden": true });
  }

  window.lumos_components = Object.assign({}, window.lumos_components, { Early });
})();
