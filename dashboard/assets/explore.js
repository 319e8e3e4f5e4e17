// The page Explore: every choice goes into the address, and the address decides what is shown
// (dashboard/explore/choices.py). Wired in dashboard/callbacks/browser.py.
(function () {
  const functions = {};
  const clientside = () => window.dash_clientside;
  const iso = (milliseconds) => new Date(milliseconds).toISOString();

  // The address's query for choices, as Exploration.search() writes it, but for what is escaped.
  function search(choices, zoom) {
    const asked = new URLSearchParams();
    for (const key of choices.keys) {
      asked.append("series", key);
    }
    if (choices.range === "custom") {
      asked.set("from", iso(choices.from));
      asked.set("to", iso(choices.to));
    } else {
      asked.set("range", choices.range);
    }
    if (zoom) {
      asked.set("zoom", `${iso(zoom.from)}/${iso(zoom.to)}`);
    }
    return `?${asked}`.replaceAll("%3A", ":").replaceAll("%2F", "/").replaceAll("%2C", ",");
  }

  function choicesOf(explored) {
    return { ...explored, keys: explored.series.map((series) => series.key) };
  }

  function go(query) {
    clientside().set_props("address", { search: query });
  }

  functions.choose_explored = function (keys, range, explored) {
    if (!explored || !keys?.length) {
      return clientside().no_update;
    }
    const before = choicesOf(explored);
    // Choosing "custom" opens the two fields; nothing is asked before somebody applies them.
    const after = { ...before, keys, range: range === "custom" ? before.range : range };
    if (search(after) !== search(before)) {
      go(search(after));
    }
    return clientside().no_update;
  };

  // A moment on the chart, which has local times as if UTC, in milliseconds UTC: the figure says where offsets change.
  function moment(text, clock) {
    const local = Date.parse(`${String(text).trim().replace(" ", "T")}${String(text).includes(":") ? "" : "T00:00"}Z`);
    let offset = clock[0][1];
    for (const [from, ahead] of clock) {
      if (local >= from) {
        offset = ahead;
      }
    }
    return Math.round(local - offset);
  }

  // A drag on the chart, in one of the forms in which Plotly tells it, or the double-click that leads back.
  functions.zoom_explored = function (relayout, explored, zoom, figure) {
    const clock = figure?.layout?.meta?.clock;
    if (!relayout || !explored || !clock) {
      return clientside().no_update;
    }
    const from = relayout["xaxis.range[0]"] ?? relayout["xaxis.range"]?.[0];
    const to = relayout["xaxis.range[1]"] ?? relayout["xaxis.range"]?.[1];
    let wish;
    if (from !== undefined && to !== undefined) {
      wish = { from: moment(from, clock), to: moment(to, clock) };
    } else if (relayout["xaxis.autorange"] && zoom) {
      wish = null;
    } else {
      return clientside().no_update;
    }
    if (wish && (!(wish.to > wish.from) || (zoom && wish.from === zoom.from && wish.to === zoom.to))) {
      return clientside().no_update;
    }
    go(search(choicesOf(explored), wish));
    return wish;
  };

  functions.explore_link = function (explored, zoom) {
    if (!explored) {
      return "";
    }
    return `${window.location.origin}${window.location.pathname}${search(choicesOf(explored), zoom)}`;
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, functions),
  });
})();
