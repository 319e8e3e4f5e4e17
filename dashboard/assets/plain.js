// Draws dashboard/plain.py's component: HTML that only stands there, escaped by the server. React leaves it alone while
// it stays the same.
(function () {
  const Plain = ({ html }) =>
    window.React.createElement("div", { className: "plain", dangerouslySetInnerHTML: { __html: html } });

  window.lumos = Object.assign({}, window.lumos, { Plain });

  // A link in it leads to another view as dcc.Link does: without loading the page anew, unless a new tab is wanted.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-lead]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    window.history.pushState({}, "", link.href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  });
})();
