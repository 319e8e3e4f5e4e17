// Notes: a button of the list says what it wishes by its data attributes; it goes to the callback that may do it.
// Wired in dashboard/callbacks/notes.py.
(function () {
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-note]");
    if (!button) {
      return;
    }
    const { note, ...said } = button.dataset;
    const store = ["delete", "restore"].includes(note) ? "note-removal" : "note-wish";
    window.dash_clientside.set_props(store, { data: { do: note, ...said, at: Date.now() } });
  });
})();
