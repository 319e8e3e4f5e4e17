// The page Explore: every choice goes into the address, and the address decides what is shown
// (dashboard/explore/choices.py). Wired in dashboard/callbacks/browser.py.
(function () {
  const functions = {};
  // What can be ticked, in the order in which the address names it: as the page says (describe in browser.js).
  const known = () => window.lumos.explore;
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
    if (choices.detail) {
      asked.set("detail", choices.detail + 1);
    }
    if (choices.comparisons.length) {
      asked.set("compare", choices.comparisons.join(","));
    }
    if (choices.weekdays.length < 7) {
      asked.set("days", choices.weekdays.map((day) => day + 1).join(""));
    }
    if (choices.hours[0] !== 0 || choices.hours[1] !== 24) {
      asked.set("hours", choices.hours.join("-"));
    }
    if (choices.marks.length < known().marks.length) {
      asked.set("marks", choices.marks.join(",") || "none");
    }
    if (choices.zone) {
      asked.set("zone", choices.zone);
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

  // What the controls last asked for, before the server has answered: the choices that are now in the address, the state
  // that they came from, and how the address says them. Whoever chooses twice before the answer means both.
  let wished = { query: null, choices: null, from: null };

  const latest = (explored) => (wished.from === explored ? wished.choices : choicesOf(explored));

  const FOLLOW_MS = 20000;
  const MINUTE = 60000;
  const SPANS = {
    "15m": 15 * MINUTE, "1h": 60 * MINUTE, "24h": 1440 * MINUTE, "7d": 10080 * MINUTE, "30d": 43200 * MINUTE,
    "1y": 525600 * MINUTE, all: 525600 * MINUTE,
  };
  // When the server was last asked for what is shown.
  let asked = 0;

  const among = (chosen, all) => all.filter((name) => chosen.includes(name));

  functions.choose_explored = function (keys, range, compare, days, hourFrom, hourTo, marks, detail, explored, zoomed, openPage) {
    if (openPage !== "explore" || !explored || !keys?.length) {
      return clientside().no_update;
    }
    const before = latest(explored);
    // Choosing "custom" opens the two fields; nothing is asked before somebody applies them.
    const after = {
      ...before,
      keys,
      range: range === "custom" ? before.range : range,
      comparisons: among(compare, known().comparisons),
      // No day at all would show nothing, and one hour to the same hour neither.
      weekdays: days.length ? days.map(Number).sort() : before.weekdays,
      hours: hourFrom === hourTo ? before.hours : [Number(hourFrom), Number(hourTo)],
      marks: among(marks, known().marks),
      detail: Math.min(Number(detail), keys.length - 1),
    };
    if (search(after) === search(before)) {
      return clientside().no_update;
    }
    const zoom = search({ ...after, range: "" }) === search({ ...before, range: "" }) ? null : zoomed;
    wished = { query: search(after, zoom), choices: after, from: explored };
    go(wished.query);
    return clientside().no_update;
  };

  // In the order of dashboard/callbacks/browser.py: what people choose, and what is filled in beside it.
  const CHOICES = ["series", "range", "compare", "days", "hour-from", "hour-to", "marks"];
  const DERIVED = ["details", "detail", "single", "zone", "from", "to"];

  // Shows what an address chooses. What the controls themselves have put into it they show already, and somebody may have
  // gone on to the next choice meanwhile: then only what is derived from it is filled in.
  functions.show_explored = function (shown, query) {
    if (!shown || shown.search !== query) {
      return [...CHOICES, ...DERIVED].map(() => clientside().no_update);
    }
    const own = query === wished.query;
    if (!own) {
      wished = { query: null, choices: null, from: null };
    }
    return [...CHOICES.map((name) => (own ? clientside().no_update : shown[name])), ...DERIVED.map((name) => shown[name])];
  };

  // A drag on the chart, or the double-click that leads back.
  functions.zoom_explored = function (relayout, explored, zoom, figure) {
    const clock = figure?.layout?.meta?.clock;
    const wish = relayout && explored && clock ? window.lumos.dragged(relayout, clock) : undefined;
    if (wish === undefined || (wish === null && !zoom)) {
      return clientside().no_update;
    }
    if (wish && (!(wish.to > wish.from) || (zoom && wish.from === zoom.from && wish.to === zoom.to))) {
      return clientside().no_update;
    }
    const choices = latest(explored);
    wished = { query: search(choices, wish), choices, from: explored };
    window.lumos.tellAddress(wished.query);
    return wish;
  };

  // With the clock of whoever sends it, if they chose one: the hours on it are what the link is about.
  functions.explore_link = function (explored, zoom, browser) {
    if (!explored) {
      return "";
    }
    asked = Date.now();
    const choices = choicesOf(explored);
    choices.zone = choices.zone || browser?.chosen || "";
    return `${window.location.origin}${window.location.pathname}${search(choices, zoom)}`;
  };

  // A range that ends now is asked for again now and then, unless somebody looks at a part of it.
  functions.follow = function (_count, openPage, explored, zoom) {
    const due = Date.now() - asked > Math.max(FOLLOW_MS, (SPANS[explored?.range] || 0) / 500);
    if (openPage === "explore" && SPANS[explored?.range] && !zoom && due && document.visibilityState === "visible") {
      clientside().set_props("explored", { data: { ...explored, asked: Date.now() } });
    }
    return clientside().no_update;
  };

  // The ways to the pages: to the other page with the series that is looked at, to one's own as it is.
  functions.carry = function (openPage, view, explored, zoom, page) {
    const address = (name) => page.prefix + page.pages.find(([each]) => each === name)[1];
    const series = openPage === "explore" ? explored?.series[explored.detail] : view;
    const known = series?.device && explored?.series.some((each) => each.key === keyOf(series));
    const ways = {};
    if (series?.device) {
      const live = new URLSearchParams({ device: series.device, metric: series.metric });
      // From a device on the live page its link leads back to all of them.
      ways.live = openPage === "live" ? "" : `?${live}`;
      ways.explore = known ? search(choicesOf(explored), zoom) : `?series=${keyOf(series)}`;
    }
    const hrefs = page.pages.map(([name]) => address(name) + (ways[name] || ""));
    return [...hrefs, ...hrefs];
  };

  const keyOf = (series) => series.key || [series.device, series.metric].map(encodeURIComponent).join("/");

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, functions),
  });
})();
