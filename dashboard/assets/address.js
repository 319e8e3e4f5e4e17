// The address holds what is shown: choices are written into it, and a link is read from it.
// Wired in dashboard/callbacks/browser.py; the server decides what an address means (dashboard/views.py).
(function () {
  const functions = {};
  const clientside = () => window.dash_clientside;
  const { linkedZone } = window.lumos;

  functions.choose = function (device, metric, range, view) {
    if (!view || !device || (device === view.device && metric === view.metric && keeps(range, view))) {
      return clientside().no_update;
    }
    const asked = new URLSearchParams();
    asked.set("device", device);
    if (metric) {
      asked.set("metric", metric);
    }
    if (range !== "custom") {
      asked.set("range", range);
    } else if (view.range === "custom") {
      asked.set("from", new Date(view.from).toISOString());
      asked.set("to", new Date(view.to).toISOString());
    } else {
      asked.set("range", view.range);
    }
    if (linkedZone()) {
      asked.set("zone", linkedZone());
    }
    wished = { query: `?${asked}`, chosen: [device, metric, range] };
    clientside().set_props("address", { search: wished.query });
    return clientside().no_update;
  };

  // What the controls last asked for, and how the address says it.
  let wished = null;

  // Shows what an address chooses; but what was chosen here, while the answer was on its way, stays and is asked for next.
  functions.show_chosen = function (chosen, query, ...now) {
    if (!chosen || chosen.search !== query) {
      return now.map(() => clientside().no_update);
    }
    const own = query === wished?.query;
    return [chosen.device, chosen.metric, chosen.range].map((value, place) =>
      own && now[place] !== wished.chosen[place] ? clientside().no_update : value,
    );
  };

  // Choosing "custom" opens the two fields; nothing is asked before somebody applies them.
  function keeps(range, view) {
    return range === view.range || range === "custom";
  }

  functions.show_custom = (range) => range !== "custom";

  // With the part of the time axis that is looked at, and the clock of whoever sends it, if they chose one.
  functions.link = (view, zoom, browser) =>
    view ? window.location.origin + window.location.pathname + search(view, zoom, browser?.chosen) : "";

  // The query of a view, of the part of its time axis that a zoom shows, and of a clock that came with a link.
  function search(view, zoom, zone) {
    const iso = (milliseconds) => new Date(milliseconds).toISOString();
    const part = zoom?.search === view.search && zoom.from !== undefined ? `&zoom=${iso(zoom.from)}/${iso(zoom.to)}` : "";
    return view.search + part + (zone ? `&zone=${encodeURIComponent(zone).replaceAll("%2F", "/")}` : "");
  }

  // A drag on the chart, as the part of the time axis shown. The server finds nothing new in the address then.
  functions.zoom = function (relayout, zoom, view, figure) {
    const clock = figure?.layout?.meta?.clock;
    const drag = relayout && view && clock ? window.lumos.dragged(relayout, clock) : undefined;
    if (drag === undefined || (drag === null && zoom?.from === undefined)) {
      return clientside().no_update;
    }
    const wish = { search: view.search, ...drag };
    window.lumos.tellAddress(search(view, wish, linkedZone()));
    return wish;
  };

  functions.toggle_live = (_clicks, live) => [!live, String(!live)];

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, functions),
  });
})();
