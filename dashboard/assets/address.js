// The address holds what is shown: choices are written into it, and a link is read from it.
// Wired in dashboard/callbacks/browser.py; the server decides what an address means (dashboard/views.py).
(function () {
  const functions = {};
  const clientside = () => window.dash_clientside;

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

  functions.link = (view) => (view ? `${window.location.origin}${window.location.pathname}${view.search}` : "");

  // A drag on the chart, in one of the four forms in which Plotly tells it, as the part of the time axis shown.
  functions.zoom = function (relayout, zoom, view) {
    if (!relayout || !view) {
      return clientside().no_update;
    }
    const from = relayout["xaxis.range[0]"] ?? relayout["xaxis.range"]?.[0];
    const to = relayout["xaxis.range[1]"] ?? relayout["xaxis.range"]?.[1];
    if (from !== undefined && to !== undefined) {
      return { search: view.search, from, to };
    }
    if (relayout["xaxis.autorange"] && zoom && zoom.from !== undefined) {
      return { search: view.search };
    }
    return clientside().no_update;
  };

  functions.toggle_live = (_clicks, live) => [!live, String(!live)];

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, functions),
  });
})();
