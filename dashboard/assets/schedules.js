// The page Schedules: what its buttons wish goes into a store; the form shows what the kind and the command need.
// Wired in dashboard/callbacks/browser.py.
(function () {
  const clientside = () => window.dash_clientside;

  // -1: an interval without end; 0: none.
  const tickSchedules = (page) => (page === "schedules" ? -1 : 0);
  const showWhen = (kind) => [kind !== "at", kind !== "sun", kind !== "every"];
  const showWhat = (cmd) => [cmd !== "message", cmd !== "period"];

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-schedule]");
    if (button) {
      const wish = { what: button.dataset.schedule, id: button.dataset.id, at: Date.now() };
      clientside().set_props("schedule-wish", { data: wish });
    }
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, {
      tick_schedules: tickSchedules,
      show_when: showWhen,
      show_what: showWhat,
    }),
  });
})();
