// Shows the page that the address names, marks it in the header, and names it in the window's title.
// Wired in dashboard/callbacks/browser.py; the pages stand in dashboard/pages.py.
(function () {
  function turnPage(pathname, page) {
    const path = (pathname || "/").slice(page.prefix.length).replace(/\/$/, "");
    const [name, , title] = page.pages.find(([, own]) => own === path) || page.pages[0];
    document.title = `${title} · Lumos`;
    const hidden = page.pages.flatMap(([each]) => [each !== name, each !== name]);
    const links = page.pages.map(([each]) => (each === name ? "page-link page-link-open" : "page-link"));
    setTimeout(() => mark(page.pages, name), 0);
    return [name, ...hidden, ...links, ...links];
  }

  // What the page Devices was asked to show last. It hears of the store's changes elsewhere: its address is looked at
  // again only where that, or how it is looked at, has changed.
  let devices = "";

  function visit(search, open, revision, browser, page) {
    const { no_update } = window.dash_clientside;
    return page.pages.map(([name]) => {
      if (name !== open || !browser) {
        return no_update;
      }
      const wanted = { search: search || "", revision: revision ?? null, look: browser };
      if (name === "devices") {
        const before = devices;
        devices = JSON.stringify([search, browser]);
        return devices === before ? no_update : wanted;
      }
      return wanted;
    });
  }

  // -1: an interval without end; 0: none.
  const running = (wish) => (wish ? -1 : 0);

  // What asks again and again: an opened device's chart, or the cards of all devices; beside those, and on other pages,
  // a slow pulse. The cards have the whole width: no device is chosen that the left panel could be about.
  function tick(page, view, navbar) {
    const chart = page === "live" && Boolean(view?.device);
    const cards = page === "live" && Boolean(view) && !view.device;
    const shown = { ...navbar, collapsed: { ...navbar.collapsed, desktop: cards } };
    return [running(chart), running(cards), running(!chart), cards, shown];
  }

  // dcc.Link knows no aria-current.
  function mark(pages, name) {
    for (const [each] of pages) {
      for (const link of document.querySelectorAll(`[id$="page-link-${each}"]`)) {
        if (each === name) {
          link.setAttribute("aria-current", "page");
        } else {
          link.removeAttribute("aria-current");
        }
      }
    }
  }

  const news = (page) => (revision, health, open) =>
    open === page ? [revision, health] : window.dash_clientside.no_update;

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, { turn_page: turnPage, visit, news_live: news("live"), news_devices: news("devices"), tick }),
  });
})();
