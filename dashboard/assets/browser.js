// What only the browser knows (assets/head/look.js) and the small things it does at once: the switch of the
// colour scheme, of the language, the drawer on a phone. Wired in dashboard/callbacks/browser.py.
(function () {
  const root = document.documentElement;
  const functions = {};
  const ZONE_KEY = "lumos-zone";
  const { look, linkedZone } = window.lumos;
  const SCHEME_KEY = "mantine-color-scheme-value";
  const CHOICES = ["light", "dark", "auto"];
  const narrow = matchMedia("(max-width: 600px)");
  let words = {};

  function tell() {
    if (window.dash_clientside?.set_props) {
      window.dash_clientside.set_props("browser", { data: look() });
    }
  }

  // The clocks to choose from, the browser's own (or that of the settings) first.
  functions.zones = function (page) {
    const own = page.zone === "auto" ? Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" : page.zone;
    const names = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
    const { chosen } = look();
    const known = [...new Set([...names, "UTC", chosen])].filter(Boolean);
    const automatic = { value: "auto", label: page.words["zone auto"].replace("{zone}", own) };
    return [[automatic, ...known.map((name) => ({ value: name, label: name }))], chosen || "auto"];
  };

  functions.choose_zone = function (value, openPage, explored, browser) {
    const wish = value === "auto" ? "" : value;
    const linked = openPage === "explore" ? explored?.zone || "" : linkedZone();
    if (!value || wish === (linked || browser?.chosen || "")) {
      return window.dash_clientside.no_update;
    }
    try {
      localStorage.setItem(ZONE_KEY, wish);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    window.dash_clientside.set_props("browser", { data: { ...look(), chosen: wish } });
    if (linked) {
      const asked = new URLSearchParams(window.location.search);
      asked.delete("zone");
      window.dash_clientside.set_props("address", { search: `?${asked}` });
    }
    return window.dash_clientside.no_update;
  };

  function choice() {
    try {
      const kept = localStorage.getItem(SCHEME_KEY);
      return CHOICES.includes(kept) ? kept : "auto";
    } catch {
      return "auto";
    }
  }

  function showChoice() {
    root.setAttribute("data-scheme-choice", choice());
    const button = document.getElementById("scheme");
    const label = words[`scheme ${choice()}`];
    if (button && label) {
      button.setAttribute("aria-label", label);
      button.setAttribute("title", label);
    }
  }

  function nextScheme() {
    const next = CHOICES[(CHOICES.indexOf(choice()) + 1) % CHOICES.length];
    try {
      localStorage.setItem(SCHEME_KEY, next);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    // Mantine listens for other tabs; told the same way, it changes this one too, and goes on following the system.
    window.dispatchEvent(
      new StorageEvent("storage", { key: SCHEME_KEY, newValue: next, storageArea: window.localStorage }),
    );
    showChoice();
  }

  function speak(language) {
    document.cookie = `lumos-language=${language}; path=/; max-age=31536000; samesite=lax`;
    const address = new URL(window.location.href);
    address.searchParams.delete("lang");
    window.location.replace(address);
  }

  // The page's own language and words, once; the clock that "1 s ago" is counted by (see ago.js); what Explore offers.
  functions.describe = function (page) {
    words = page.words;
    window.lumos = Object.assign(window.lumos || {}, { words, skew: page.now - Date.now(), explore: page.explore });
    setTimeout(showChoice, 0);
    return look();
  };

  functions.toggle_panel = function (opened, navbar) {
    return { ...navbar, collapsed: { ...navbar.collapsed, mobile: !opened } };
  };

  document.addEventListener("click", function (event) {
    const target = event.target.closest("#scheme, [data-language], [data-retry], [data-opens], .command");
    if (!target) {
      return;
    }
    if (target.id === "scheme") {
      nextScheme();
    } else if (target.dataset.language) {
      speak(target.dataset.language);
    } else if (target.dataset.opens) {
      document.getElementById(target.dataset.opens).click();
    } else if (target.dataset.retry) {
      window.dash_clientside.set_props(target.dataset.retry, { data: Date.now() });
    } else {
      window.getSelection().selectAllChildren(target);
    }
  });

  // What a button opened (dashboard/layouts/controls.py) closes on a click elsewhere, and on Escape.
  function closeOthers(inside) {
    for (const each of document.querySelectorAll(".disclosure[open]")) {
      if (!each.contains(inside)) {
        each.removeAttribute("open");
      }
    }
  }

  document.addEventListener("pointerdown", (event) => closeOthers(event.target));
  document.addEventListener("keydown", function (event) {
    const opened = event.key === "Escape" && document.querySelector(".disclosure[open]");
    if (opened) {
      closeOthers(null);
      opened.querySelector("summary").focus();
    }
  });

  new MutationObserver(tell).observe(root, { attributes: true, attributeFilter: ["data-mantine-color-scheme"] });
  narrow.addEventListener("change", tell);

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, functions),
  });
})();
