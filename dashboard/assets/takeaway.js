// Taking things away: the buttons of dashboard/takeaway/menu.py. Files come from /take/…, written while they are read: the
// browser saves them as they come, and how far they are is asked for beside it. Pictures are drawn here, by Plotly.
(function () {
  const ASK_MS = 300;
  const PATIENCE_MS = 500;
  const SHOWN_MS = 6000;
  const WIDTH = 1200;
  const prefix = () => JSON.parse(document.getElementById("_dash-config").textContent).requests_pathname_prefix;
  const french = () => document.documentElement.lang === "fr";
  const words = (phrase, fields = {}) =>
    Object.entries(fields).reduce((text, [name, value]) => text.replace(`{${name}}`, value), window.lumos.words[phrase]);

  // crypto.randomUUID exists on https only.
  const newJob = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16)).join("-");

  function number(value) {
    return new Intl.NumberFormat(french() ? "fr-FR" : "en-GB").format(value);
  }

  function size(bytes) {
    const unit = french() ? "o" : "B";
    const [amount, name] = bytes < 1e6 ? [bytes / 1e3, "k"] : bytes < 1e9 ? [bytes / 1e6, "M"] : [bytes / 1e9, "G"];
    const digits = { maximumFractionDigits: amount < 10 ? 1 : 0 };
    return `${new Intl.NumberFormat(french() ? "fr-FR" : "en-GB", digits).format(amount)}\u202f${name}${unit}`;
  }

  function save(address, name) {
    const link = document.createElement("a");
    link.href = address;
    link.download = name || "";
    document.body.append(link);
    link.click();
    link.remove();
  }

  // One line at the lower edge for each file under way.
  function line(name) {
    let room = document.getElementById("downloads");
    if (!room) {
      room = document.createElement("div");
      room.id = "downloads";
      room.setAttribute("role", "status");
      document.body.append(room);
    }
    const own = document.createElement("div");
    const text = document.createElement("span");
    const bar = document.createElement("progress");
    const stop = document.createElement("button");
    own.className = "download";
    stop.className = "button small";
    stop.textContent = words("take stop");
    text.textContent = name;
    own.append(text, bar, stop);
    room.append(own);
    return { own, text, bar, stop };
  }

  function show(drawn, told) {
    drawn.bar.hidden = told.state !== "under way";
    drawn.stop.hidden = told.state !== "under way";
    if (told.total) {
      drawn.bar.max = told.total;
      drawn.bar.value = Math.min(told.rows, told.total);
    }
    const fields = {
      name: drawn.name, rows: number(told.rows), total: number(Math.max(told.total, told.rows)),
      size: size(told.bytes), problem: told.problem,
    };
    drawn.text.textContent = words(`take ${told.total || told.state !== "under way" ? told.state : "begun"}`, fields);
    drawn.own.classList.toggle("download-bad", told.state === "failed");
  }

  async function follow(job, name) {
    let drawn = null;
    const begun = Date.now();
    const address = (verb) => `${prefix()}take/${verb}/${job}`;
    for (;;) {
      await new Promise((done) => setTimeout(done, ASK_MS));
      let told = null;
      try {
        const answer = await fetch(address("progress"), { cache: "no-store" });
        told = answer.ok ? await answer.json() : null;
      } catch {
        // The network is away for a moment; the file says by itself whether it came.
      }
      const wait = Date.now() - begun;
      if (told?.state === "done" && !drawn) {
        return; // the browser has said so
      }
      if (told && told.state !== "unknown" && (wait > PATIENCE_MS || told.state !== "under way")) {
        if (!drawn) {
          drawn = { ...line(name), name };
          drawn.stop.addEventListener("click", () => fetch(address("stop"), { method: "POST" }));
        }
        show(drawn, told);
      }
      const known = told && told.state !== "unknown";
      if ((known && told.state !== "under way") || (!known && wait > 20000)) {
        setTimeout(() => drawn?.own.remove(), SHOWN_MS);
        return;
      }
    }
  }

  function takeFile(room, file) {
    const job = newJob();
    const query = new URLSearchParams(room.dataset.query);
    query.set("lang", document.documentElement.lang);
    query.set("scheme", document.documentElement.getAttribute("data-mantine-color-scheme") || "light");
    query.set("job", job);
    save(`${prefix()}take/${file}?${query}`);
    follow(job, `${room.dataset.title} · ${file}`);
  }

  // The part of the time axis in sight, in the words of the page: the chart has local times as if UTC.
  function span(graph) {
    const form = { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" };
    const local = new Intl.DateTimeFormat(french() ? "fr-FR" : "en-GB", form);
    return local.formatRange(...graph._fullLayout.xaxis.range.map((end) => graph._fullLayout.xaxis.r2c(end)));
  }

  function stamp(graph) {
    const ends = graph._fullLayout.xaxis.range.map((end) => new Date(graph._fullLayout.xaxis.r2c(end)).toISOString());
    return ends.map((end) => end.slice(0, 16).replaceAll(/[-:]/g, "")).join("-");
  }

  // A data: address as a file; the page's policy forbids to fetch one.
  function contentOf(address) {
    const [head, body] = [address.slice(5, address.indexOf(",")), address.slice(address.indexOf(",") + 1)];
    const [kind] = head.split(";");
    if (!head.endsWith("base64")) {
      return new Blob([decodeURIComponent(body)], { type: kind });
    }
    return new Blob([Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0))], { type: kind });
  }

  async function takePicture(room, format) {
    const graph = document.querySelector(`#${room.dataset.chart} .js-plotly-plot`);
    const style = getComputedStyle(document.documentElement);
    const height = graph._fullLayout.height + 60;
    // Plotly reads some HTML in its texts; a name is only text.
    const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const layout = {
      ...graph.layout,
      width: WIDTH,
      height,
      title: {
        text: plain(room.dataset.title),
        subtitle: { text: plain(span(graph)), font: { size: 13, color: style.getPropertyValue("--dim").trim() } },
        font: { size: 18 },
        x: 0.02,
        xanchor: "left",
        yref: "container",
        y: 1,
        yanchor: "top",
        pad: { t: 18 },
      },
      margin: { ...graph.layout.margin, t: (graph.layout.margin?.t || 8) + 60, r: 24 },
      paper_bgcolor: style.getPropertyValue("--panel").trim(),
      xaxis: { ...graph.layout.xaxis, showspikes: false },
    };
    const config = { locale: graph._context.locale, locales: graph._context.locales };
    const options = { format, width: WIDTH, height, scale: 2 };
    const picture = await window.Plotly.toImage({ data: graph.data, layout, config }, options);
    const address = URL.createObjectURL(contentOf(picture));
    save(address, `lumos_${room.dataset.file}_${stamp(graph)}.${format}`);
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-take]");
    const room = button && document.getElementById(`take-${button.dataset.page}`);
    if (!room) {
      return;
    }
    if (["png", "svg"].includes(button.dataset.take)) {
      takePicture(room, button.dataset.take);
    } else if (room.dataset.query) {
      takeFile(room, button.dataset.take);
    }
  });
})();
