// The cards of all devices: what ticks bring is written into them here, so that a second costs a few numbers.
// The server draws the cards (dashboard/overview/cards.py) and leaves their values, curves and "1 s ago" to this.
(function () {
  const functions = {};
  const clientside = () => window.dash_clientside;
  const SVG = "http://www.w3.org/2000/svg";
  const HEIGHT = 100;
  // Device → metric → [milliseconds, value], and device → curve: the newest of all that was told.
  const readings = new Map();
  const curves = new Map();
  let waiting = false;

  function text(value, decimals) {
    const french = document.documentElement.lang === "fr";
    const digits =
      decimals === undefined
        ? { maximumFractionDigits: 3 }
        : { minimumFractionDigits: Number(decimals), maximumFractionDigits: Number(decimals) };
    return new Intl.NumberFormat(french ? "fr-FR" : "en-GB", digits).format(value).replace("-", "\u2212");
  }

  function write(element, words) {
    const node = element.firstChild;
    // The text node is React's own: changed in place, never replaced.
    if (node && node.nodeType === Node.TEXT_NODE && node.nodeValue !== words) {
      node.nodeValue = words;
    }
  }

  // A curve of minutes as one path, its pen lifted over gaps; a minute alone is a dot. Where a device says something every
  // few minutes only, that is its usual distance and no gap.
  function path(values) {
    const step = 100 / (values.length - 1);
    const filled = [...values.keys()].filter((place) => values[place] !== null);
    const apart = filled.slice(1).map((place, number) => place - filled[number]);
    const usual = apart.toSorted((one, other) => one - other)[apart.length >> 1] || 1;
    return filled
      .map((place, number) => {
        const point = `${(place * step).toFixed(1)},${HEIGHT - values[place]}`;
        return number && apart[number - 1] <= usual * 1.5 ? `L${point}` : `M${point}h0.01`;
      })
      .join("");
  }

  function draw(room, values) {
    const told = values ? path(values) : "";
    if (room.dataset.drawn === told) {
      return;
    }
    room.dataset.drawn = told;
    room.replaceChildren();
    if (!told) {
      return;
    }
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", `-1 -8 102 ${HEIGHT + 16}`);
    picture.setAttribute("preserveAspectRatio", "none");
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", told);
    picture.append(line);
    room.append(picture);
  }

  // How a device stands now: what the server told, until readings or their absence tell otherwise.
  function stand(card, newest) {
    const told = card.dataset.presence;
    const since = Number(card.dataset.since);
    const fresh = Date.now() + (window.lumos?.skew || 0) - newest <= Number(card.dataset.quiet);
    let stands = told;
    if (told === "silent") {
      stands = fresh && newest > since ? "live" : told;
    } else if (told === "live" || told === "quiet") {
      stands = fresh ? "live" : "quiet";
    }
    if (card.dataset.stands !== stands) {
      card.dataset.stands = stands;
    }
    const words = card.querySelector(".device-presence [data-ago]");
    if (words) {
      words.dataset.ago = String(stands === "silent" ? since : newest);
      words.dataset.template = words.parentElement.dataset[stands];
    }
  }

  function paintCard(card) {
    const own = readings.get(card.dataset.device) || {};
    let newest = 0;
    for (const [milliseconds] of Object.values(own)) {
      newest = Math.max(newest, milliseconds);
    }
    for (const element of card.querySelectorAll("[data-value]")) {
      const reading = own[element.dataset.value];
      if (reading) {
        write(element, text(reading[1], element.dataset.decimals));
      }
    }
    const room = card.querySelector("[data-curve]");
    if (room) {
      draw(room, curves.get(card.dataset.device));
    }
    stand(card, newest);
  }

  function paint() {
    waiting = false;
    if (document.getElementById("overview")?.hidden !== false) {
      return;
    }
    document.querySelectorAll("[data-device][data-presence]").forEach(paintCard);
  }

  // Once a frame, however much arrives.
  function paintSoon() {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(paint);
    }
  }

  // `curves` come with all devices at once, when the cards were drawn; readings with each tick that has some.
  functions.overview_news = function (news) {
    if (news?.curves) {
      readings.clear();
      curves.clear();
      for (const [device, values] of Object.entries(news.curves)) {
        curves.set(device, values);
      }
    }
    for (const [device, metrics] of Object.entries(news?.readings || {})) {
      readings.set(device, { ...readings.get(device), ...metrics });
    }
    paintSoon();
    return clientside().no_update;
  };

  // The choices that were last written into the address from here: what stands in the fields already.
  let chosen = "";

  functions.show_choices = function (choices) {
    const none = clientside().no_update;
    if (!choices || JSON.stringify([choices.words, choices.state, choices.sort, choices.metric]) === chosen) {
      return [none, none, none, none];
    }
    return [choices.words, choices.state, choices.sort, choices.metric || null];
  };

  // A choice goes into the address, and the address decides which cards are shown.
  functions.choose_devices = function (words, state, sort, metric, choices) {
    const wishes = [
      ["q", (words || "").trim(), choices?.words, ""],
      ["state", state, choices?.state, "all"],
      ["sort", sort, choices?.sort, "name"],
      ["show", metric || "", choices?.metric, ""],
    ];
    if (!choices || wishes.every(([, wish, before]) => wish === before)) {
      return clientside().no_update;
    }
    chosen = JSON.stringify(wishes.map(([, wish]) => wish));
    const asked = new URLSearchParams(
      wishes.filter(([, wish, , usual]) => wish !== usual).map(([name, wish]) => [name, wish]),
    );
    clientside().set_props("address", { search: asked.size ? `?${asked}` : "" });
    return clientside().no_update;
  };

  // Cards that were drawn again are empty until they are painted; "live" becomes "no data for 20 s" by itself.
  new MutationObserver(function (changes) {
    if (changes.some((change) => change.target.closest?.("#overview-cards"))) {
      paintSoon();
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
  setInterval(paintSoon, 1000);

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, functions),
  });
})();
