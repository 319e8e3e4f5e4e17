// The chart that the address opens, asked for by the first line of the page and drawn as soon as it and Plotly are there:
// long before Dash is (dashboard/first). It is a picture, over the place of the real chart once that is mounted
// (assets/first.js), and goes when that is drawn. Where it cannot be had, nothing is drawn early, and Dash says why.
(function () {
  const GIVEN_UP_MS = 10000;
  const { prefix, page } = document.currentScript.dataset;
  const asked = new URLSearchParams({
    page,
    search: window.location.search,
    look: JSON.stringify(window.lumos.look()),
    lang: document.documentElement.lang,
  });
  let answer = null;
  let chart = null;
  let over = false;

  const sight = () => document.getElementById("first-sight");

  function draw() {
    const place = !over && !chart && answer && window.Plotly && document.querySelector(".early");
    if (!place) {
      return;
    }
    chart = place;
    sight()?.querySelector(".chart-cover").remove();
    window.Plotly.newPlot(chart, answer.figure.data, answer.figure.layout, { ...answer.config, staticPlot: true });
    for (const [place, words] of Object.entries(answer.words)) {
      const found = sight()?.querySelector(place);
      if (found) {
        found.innerHTML = words;
      }
    }
  }

  // Dash's page is there, with room for the early chart: once that room has come to where the chart stands (what is
  // above it takes its height in steps), the chart is moved into it, and the shapes have done their part.
  function moveTo(room) {
    const early = document.querySelector("#first-sight .early");
    if (!early || over) {
      return;
    }
    const [now, then] = [early, room].map((each) => each.getBoundingClientRect());
    const there = ["x", "y", "width", "height"].every((edge) => Math.abs(now[edge] - then[edge]) < 1);
    if (chart && !there) {
      requestAnimationFrame(() => moveTo(room));
      return;
    }
    room.append(early);
    sight().remove();
  }

  // The real chart is drawn, or there is none, or Dash never came: this one goes.
  function end() {
    over = true;
    sight()?.remove();
    const early = document.querySelector(".early");
    if (chart) {
      window.Plotly.purge(chart);
    }
    early?.remove();
  }

  fetch(`${prefix}first-chart?${asked}`, { credentials: "same-origin" })
    .then((found) => (found.status === 200 ? found.json() : Promise.reject(found.status)))
    .then((found) => {
      answer = found;
      draw();
    })
    .catch(end);
  // Plotly, whose script stands before all others: it is heard here when it has run, before the next one is begun.
  document.addEventListener("load", (event) => (event.target.matches?.("script[data-plotly]") ? draw() : null), true);
  window.addEventListener("load", () => setTimeout(() => (sight() ? end() : null), GIVEN_UP_MS));
  window.lumos.early = { moveTo, end };
})();
