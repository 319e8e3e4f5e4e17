// Keeps "updated 1 s ago" current without asking the server: every element with data-ago (milliseconds, or "newest"
// for the newest reading, or data-since where the page shows none) shows its data-template with the time since then.
(function () {
  function span(milliseconds) {
    const thin = "\u202f";
    const day = document.documentElement.lang === "fr" ? "j" : "d";
    const seconds = Math.max(0, Math.round(milliseconds / 1000));
    if (seconds < 60) {
      return `${seconds}${thin}s`;
    }
    if (seconds < 3600) {
      return `${Math.floor(seconds / 60)}${thin}min`;
    }
    if (seconds < 86400) {
      return `${Math.floor(seconds / 3600)}${thin}h`;
    }
    return `${Math.floor(seconds / 86400)}${thin}${day}`;
  }

  function update() {
    // The server's clock counts: a board's readings carry its time, and a browser's may be minutes off.
    const now = Date.now() + (window.lumos?.skew || 0);
    const newest = Number(document.getElementById("now-time")?.dataset.ago);
    for (const element of document.querySelectorAll("[data-ago]")) {
      const { ago } = element.dataset;
      const since = ago === "newest" ? newest || Number(element.dataset.since) : Number(ago);
      const text = element.firstChild;
      // The text node is React's own: changed in place, never replaced.
      if (text && text.nodeType === Node.TEXT_NODE) {
        const words = since ? element.dataset.template.replace("{span}", span(now - since)) : "\u00a0";
        if (text.nodeValue !== words) {
          text.nodeValue = words;
        }
      }
    }
  }

  setInterval(update, 500);
  new MutationObserver(update).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-ago"],
    childList: true,
    subtree: true,
  });
})();
