// Parts of a page that ask for themselves again: not while nobody looks, and dialogs that they fill.

// what is polled waits while the page is in the background, and catches up afterwards
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const polls = event.detail.elt.getAttribute("hx-trigger")?.includes("every ");
  if (polls && document.hidden) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[hx-trigger*='every ']")) {
    window.htmx.ajax("GET", part.getAttribute("hx-get"), { source: part });
  }
});

// what was fetched into a dialog opens it
document.body.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target.closest?.("dialog");
  if (dialog && !dialog.open) dialog.showModal();
});
