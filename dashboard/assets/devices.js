// The page Devices: choices go into the address (dashboard/devices/choices.py), ticks and pages into stores.
// Wired in dashboard/callbacks/browser.py.
(function () {
  const functions = {};
  const clientside = () => window.dash_clientside;
  const AGAIN_MS = 500;
  const pressed = new Map();

  // As Choices.search() writes it, but for what is escaped: the server compares what it reads, not the text.
  functions.choose_roster = function (find, state, tag, sort, hidden, kept) {
    if (!kept || kept.device) {
      return clientside().no_update;
    }
    const wish = { find: find || "", state: state || "", tag: tag || "", sort: sort || "name", hidden: Boolean(hidden) };
    if (Object.keys(wish).every((key) => wish[key] === kept[key])) {
      return clientside().no_update;
    }
    const usual = { find: "", state: "", tag: "", sort: "name", hidden: false };
    const asked = new URLSearchParams();
    for (const key of Object.keys(wish)) {
      if (wish[key] !== usual[key]) {
        asked.set(key, wish[key] === true ? "1" : wish[key]);
      }
    }
    clientside().set_props("address", { search: `?${asked}` });
    return clientside().no_update;
  };

  functions.show_many = (what) => [what !== "message", what !== "period"];

  functions.may_delete = (typed) => !typed?.trim();

  // What is ticked stands in the rows, and for other pages of the list in this set.
  const chosen = new Set();

  function tick(box) {
    const on = box.getAttribute("aria-checked") !== "true";
    const boxes = box.dataset.pickAll ? document.querySelectorAll("[data-pick-device], [data-pick-all]") : [box];
    for (const each of boxes) {
      each.setAttribute("aria-checked", String(on));
      if (each.dataset.pickDevice !== undefined) {
        chosen[on ? "add" : "delete"](each.dataset.pickDevice);
      }
    }
    clientside().set_props("chosen", { data: [...chosen] });
  }

  document.addEventListener("click", function (event) {
    const box = event.target.closest("[data-pick-device], [data-pick-all]");
    if (box) {
      tick(box);
      return;
    }
    const turn = event.target.closest("[data-turns]");
    if (turn && !turn.disabled) {
      clientside().set_props(turn.dataset.turns, { data: Number(turn.dataset.page) });
    }
  });

  // What must happen once is not heard a second time within half a second, whoever double-clicks; but whoever has typed
  // something else in between means it anew.
  document.addEventListener("input", () => pressed.clear(), true);
  document.addEventListener(
    "click",
    function (event) {
      const button = event.target.closest("[data-once]");
      if (!button) {
        return;
      }
      const now = performance.now();
      if (event.detail > 1 || now - (pressed.get(button) ?? -AGAIN_MS) < AGAIN_MS) {
        event.stopPropagation();
        event.preventDefault();
        return;
      }
      pressed.set(button, now);
    },
    true,
  );

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, functions),
  });
})();
