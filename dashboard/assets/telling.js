// Makes a wish of a click on what tells a device something (data-tell, see dashboard/layouts/telling.py), and hands it to
// the server's callback in a store. A double click is one wish: the second within half a second is not heard.
(function () {
  const AGAIN_MS = 500;
  const heard = new WeakMap();

  function token() {
    return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  const typed = (button) => document.getElementById(button.dataset.source)?.value ?? "";
  // A number as it stands in its field, with its unit behind it and whichever decimal mark.
  const number = (text) => Number.parseFloat(String(text).replace(/\s/g, "").replace(",", "."));

  const taken = {
    toggle: (button) => button.getAttribute("aria-checked") !== "true",
    text: typed,
    number: (button) => number(typed(button)),
    milliseconds: (button) => Math.round(number(typed(button)) * 1_000),
    nothing: () => null,
    value: (button) => JSON.parse(button.dataset.value),
  };

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-tell]");
    if (!button || button.disabled) {
      return;
    }
    const now = performance.now();
    if (event.detail > 1 || now - (heard.get(button) ?? -AGAIN_MS) < AGAIN_MS) {
      return;
    }
    heard.set(button, now);
    const value = taken[button.dataset.take](button);
    const where = button.dataset.where ? `${button.dataset.where}-` : "";
    const wish = { token: token(), cmd: button.dataset.tell, value: Number.isNaN(value) ? null : value };
    window.dash_clientside.set_props(`${where}wish`, { data: wish });
  });
})();
