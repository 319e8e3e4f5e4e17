// The page Alerts: a button of its lists says what it wishes by its data attributes; it goes to the callback that may do
// it. Wired in dashboard/callbacks/alerts.py.
(function () {
  const functions = {};
  const STORES = {
    rule: "alert-rule-wish",
    switch: "alert-deed",
    seen: "alert-seen-wish",
    channel: "channel-wish",
    test: "channel-deed",
  };

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-alert]");
    if (button) {
      const { alert, ...said } = button.dataset;
      window.dash_clientside.set_props(STORES[alert], { data: { ...said, at: Date.now() } });
    }
  });

  // Which fields a kind has: level, the level at which it clears, how a change is measured.
  functions.show_alert_fields = (kind) => [kind === "silent", kind === "silent", kind !== "change"];

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, functions),
  });
})();
