/* A link from another site arrives without our cookie (SameSite=Strict) and so ends here although one is logged in.
   Asking again from this page sends it: then the server leads straight on. */
(function () {
  "use strict";
  if (document.querySelector(".problem")) return;
  fetch(window.location.href, { redirect: "manual", credentials: "same-origin" }).then(function (answer) {
    if (answer.type === "opaqueredirect") window.location.replace(window.location.href);
  });
})();
