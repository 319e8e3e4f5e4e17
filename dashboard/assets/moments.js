// From what a chart shows back to when it was.
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

  window.lumos = Object.assign(window.lumos || {}, { moment });
})();
