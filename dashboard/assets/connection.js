// Notices that Lumos does not answer any more, says so, and comes back by itself: a page whose server was restarted is
// loaded again, one whose network was away goes on where it was.
(function () {
  const PAUSE_MS = 1500;
  const own = window.fetch.bind(window);
  // Behind a reverse proxy everything stands below a path, which Dash writes into the page.
  const prefix = () => JSON.parse(document.getElementById("_dash-config").textContent).requests_pathname_prefix;
  let started = null;
  let lost = false;

  function isOurs(address) {
    return new URL(address, window.location.href).pathname.startsWith(`${prefix()}_dash`);
  }

  function show() {
    const text = window.lumos?.words?.lost || "Connection to Lumos lost, trying again";
    const banner = document.createElement("div");
    banner.id = "connection-lost";
    banner.setAttribute("role", "alert");
    banner.textContent = text;
    document.body.append(banner);
  }

  function noteLoss() {
    if (lost) {
      return;
    }
    lost = true;
    show();
    setTimeout(look, PAUSE_MS);
  }

  async function look() {
    try {
      const answer = await own(`${prefix()}alive`, { cache: "no-store" });
      if (answer.ok) {
        back(answer);
        return;
      }
    } catch {
      // Not yet.
    }
    setTimeout(look, PAUSE_MS);
  }

  function back(answer) {
    if (answer.headers.get("X-Lumos-Started") !== started) {
      window.location.reload();
      return;
    }
    lost = false;
    document.getElementById("connection-lost")?.remove();
    window.dash_clientside.set_props("tick", { disabled: false });
  }

  window.fetch = async function (resource, options) {
    const address = resource instanceof Request ? resource.url : String(resource);
    try {
      const answer = await own(resource, options);
      if (isOurs(address)) {
        started = started || answer.headers.get("X-Lumos-Started");
        if (answer.status === 401) {
          // The login has ended: the server leads to its page, and back here. This page waits for nothing any more,
          // and Dash, which cannot read such an answer, is not given it.
          window.location.reload();
          return new Promise(() => {});
        }
        if (answer.status === 502 || answer.status === 504) {
          noteLoss();
        }
      }
      return answer;
    } catch (problem) {
      // A request that this page itself gave up is no loss.
      if (isOurs(address) && problem.name !== "AbortError") {
        noteLoss();
      }
      throw problem;
    }
  };
})();
