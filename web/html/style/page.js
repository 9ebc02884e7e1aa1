// Says that the network is gone, and keeps a form from being sent twice. Every page
// works without it.
"use strict";
(() => {
  const banner = document.getElementById("offline");
  const show = () => { if (banner) banner.hidden = navigator.onLine; };
  addEventListener("online", show);
  addEventListener("offline", show);
  show();

  addEventListener("submit", (event) => {
    const form = event.target;
    if (!navigator.onLine || form.dataset.sent) {
      event.preventDefault();
      show();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (button) button.setAttribute("aria-busy", "true");
  });
  // A page that comes back from the history may be sent again.
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
    for (const b of document.querySelectorAll("button[aria-busy]")) b.removeAttribute("aria-busy");
  });

  // What is wrong with a form is where reading goes on.
  const faults = document.getElementById("faults");
  if (faults) faults.focus();

  // Escape shuts the menu and gives the focus back.
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest("details[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
