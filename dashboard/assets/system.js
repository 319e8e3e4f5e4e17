// The page System: its panels tick while it is in sight; a line of a table is opened or closed by its button.
// Wired in dashboard/callbacks/browser.py; the panels stand in dashboard/system/panels.py.
(function () {
  const clientside = () => window.dash_clientside;

  // -1: an interval without end; 0: none.
  function tickSystem(page, browser, panels) {
    const open = page === "system";
    return [open && browser ? browser : clientside().no_update, ...panels.map(() => (open ? -1 : 0))];
  }

  document.addEventListener("click", function (event) {
    const opener = event.target.closest("[data-opens-line]");
    if (opener) {
      const open = opener.getAttribute("aria-expanded") === "true";
      clientside().set_props(opener.dataset.opensLine, { data: open ? "" : opener.dataset.line });
      return;
    }
    const button = event.target.closest("[data-presses]");
    if (button) {
      clientside().set_props(button.dataset.presses, { data: Date.now() });
    }
  });

  // A panel that is drawn anew has new buttons: whoever works by keyboard stays on the same one.
  let held = null;
  document.addEventListener("focusin", function (event) {
    const opener = event.target.closest("[data-opens-line]");
    held = opener ? { store: opener.dataset.opensLine, line: opener.dataset.line } : null;
  });
  document.addEventListener("mousedown", () => (held = null));
  new MutationObserver(function () {
    if (held && document.activeElement === document.body) {
      const openers = [...document.querySelectorAll("[data-opens-line]")];
      const same = openers.find((each) => each.dataset.opensLine === held.store && each.dataset.line === held.line);
      same?.focus({ preventScroll: true });
    }
  }).observe(document.documentElement, { childList: true, subtree: true });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, { tick_system: tickSystem }),
  });
})();
