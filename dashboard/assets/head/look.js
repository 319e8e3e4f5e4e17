// How the page is looked at, which only the browser knows: zone, scheme, width, pointer. In the head, since the first
// chart is asked for before anything else is there.
(function () {
  function look() {
    return {
      chosen: linkedZone() || chosenZone(),
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
      scheme: document.documentElement.getAttribute("data-mantine-color-scheme") === "dark" ? "dark" : "light",
      coarse: matchMedia("(pointer: coarse)").matches,
      narrow: matchMedia("(max-width: 600px)").matches,
    };
  }

  // The clock of a link's sender; on Explore the server reads it.
  function linkedZone() {
    const zone = new URLSearchParams(location.search).get("zone") || "";
    try {
      return location.pathname.endsWith("/explore") || !Intl.DateTimeFormat("en", { timeZone: zone }) ? "" : zone;
    } catch {
      return "";
    }
  }

  function chosenZone() {
    try {
      return localStorage.getItem("lumos-zone") || "";
    } catch {
      return "";
    }
  }

  window.lumos = Object.assign(window.lumos || {}, { look, linkedZone });
})();
