// Counts down in <span data-countdown="ISO time">; without this file the server's words stay.

const language = document.documentElement.lang || undefined;

function part(value, unit) {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "narrow" }).format(value);
}

function words(seconds) {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor((seconds % 86400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days) return `${part(days, "day")} ${part(hours, "hour")}`;
  if (hours) return `${part(hours, "hour")} ${part(minutes, "minute")}`;
  const rest = String(Math.floor(seconds % 60)).padStart(2, "0");
  return `${minutes}:${rest}`;
}

function tick() {
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const seconds = (Date.parse(element.dataset.countdown) - Date.now()) / 1000;
    element.textContent = words(Math.max(0, seconds));
  }
}

tick();
setInterval(tick, 1000);
document.body.addEventListener("htmx:load", tick);
