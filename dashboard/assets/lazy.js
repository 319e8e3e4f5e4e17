// What dashboard/layouts/lazy.py names: a division whose content is mounted when it first comes in sight, and stays.
// Callbacks find everything in it all the while, since Dash keeps what they fill apart from what is drawn.
(function () {
  const { createElement, useRef } = window.React;

  function Lazy({ id, hidden, children }) {
    const seen = useRef(false);
    seen.current ||= !hidden;
    return createElement("div", { id, hidden }, seen.current ? children : null);
  }

  window.lumos_components = Object.assign({}, window.lumos_components, { Lazy });
})();
