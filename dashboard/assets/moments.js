// From what a chart shows back to when it was, and to what a drag on it asks for (the pages Live and Explore).
(function () {
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

  // A drag on a chart, in one of the four forms in which Plotly tells it: the part of the time axis that it shows, null
  // for the double-click that leads back, undefined for anything else.
  function dragged(relayout, clock) {
    const from = relayout["xaxis.range[0]"] ?? relayout["xaxis.range"]?.[0];
    const to = relayout["xaxis.range[1]"] ?? relayout["xaxis.range"]?.[1];
    if (from !== undefined && to !== undefined) {
      return { from: moment(from, clock), to: moment(to, clock) };
    }
    return relayout["xaxis.autorange"] ? null : undefined;
  }

  // The address hears of a drag when the finer points are on their way: a look at it would take its share of their time.
  // Whoever has gone on meanwhile is not taken back.
  const TELL_MS = 400;
  let telling = 0;

  function tellAddress(query) {
    const here = window.location.search;
    clearTimeout(telling);
    telling = setTimeout(() => {
      if (window.location.search === here) {
        window.dash_clientside.set_props("address", { search: query });
      }
    }, TELL_MS);
  }

  window.lumos = Object.assign(window.lumos || {}, { dragged, tellAddress });
})();
