// Small helpers to build the page: elements, icons, avatars, menus, dialogs.
import { t } from "./i18n.js";

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "htmlFor"]);

/** Builds an element; `testid` sets data-testid, `on<event>` listens, null and false are skipped. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (PROPERTIES.has(name)) element[name] = value;
    else if (value === undefined || value === null || value === false) continue;
    else if (name === "class") element.className = value;
    else if (name === "testid") element.dataset.testid = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const ICONS = {
  back: "M15 5l-7 7 7 7",
  send: "M4 12l16-8-5 17-3.5-6.5z M11.5 14.5L20 4",
  attach: "M20 11.5l-8.2 8.2a5 5 0 0 1-7-7l8.4-8.4a3.4 3.4 0 0 1 4.8 4.8l-8.3 8.3a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6",
  menu: "M4 7h16M4 12h16M4 17h10",
  more: "M12 5.2v.1M12 12v.1M12 18.7v.1",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  settings: "M4 7h9M19 7h1M4 17h1M11 17h9M16 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  key: "M14.5 4a5.5 5.5 0 1 0 2.2 10.5L19 12l-1-1M9.8 13L4 18.8V21h3l1-2 2-1M15.6 8.4v.1",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
  keyboard: "M3 7h18v11H3zM7 11h.1M11 11h.1M15 11h.1M8 15h8",
  down: "M6 10l6 6 6-6",
  link: "M8 16L17 7M10 7h7v7",
  copy: "M9 9h11v11H9zM5 15V4h10",
  app: "M4 5h16v14H4zM4 9h16",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  columns: "M4 5h16v14H4zM12 5v14",
  chat: "M5 5h14v11h-8l-4 3.5V16H5z",
  group: "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3.5 19c.3-3.5 2.3-5.5 5.5-5.5s5.2 2 5.5 5.500M16 6a3 3 0 0 1 0 5M17 14c2 .5 3.3 2.2 3.5 5",
  channel: "M4 10v4h3l9 4.500V5.500L7 10zM8 14l1 5M19 10v4",
  smile: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9 10v.1M15 10v.1M8.5 14c1.8 2.4 5.2 2.4 7 0",
};

/** A decorative line icon. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: `icon icon-${name}` })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** One of eight colours for an id; neighbouring ids differ. */
export const hue = (id) => Math.abs(Number(id) || 0) * 5 % 8;

/** A round picture made of initials; the colour follows the id. */
export function avatar(name, id, kind) {
  const words = (name || "?").trim().split(/\s+/);
  const first = Array.from(words[0])[0] || "?";
  const second = words.length > 1 && /^[\w]/.test(words[1]) ? Array.from(words[1])[0] : "";
  return h("span", { class: `avatar hue-${hue(id)} ${kind || ""}`, "aria-hidden": "true" }, (first + second).toUpperCase());
}

export function iconButton(name, label, onclick, extra) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...extra }, icon(name));
}

/** A button with a pop-up menu; `items()` gives [{label, run, danger, testid}] when it opens. */
export function menuButton(name, label, items, extra) {
  const button = iconButton(name, label, () => (list.hidden ? show() : hide()), {
    "aria-haspopup": "menu", "aria-expanded": "false", ...extra,
  });
  const list = h("div", { class: "menu", role: "menu", hidden: true, "aria-label": label });
  const outside = (event) => { if (!holder.contains(event.target)) hide(); };
  function show() {
    list.replaceChildren(...items().filter(Boolean).map((item) => h("button", {
      type: "button", role: "menuitem", tabindex: "-1", testid: item.testid,
      class: item.danger ? "danger" : null, onclick: () => { hide(true); item.run(); },
    }, item.label)));
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside);
    list.firstElementChild?.focus();
  }
  function hide(refocus) {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    if (refocus) button.focus();
  }
  list.addEventListener("keydown", (event) => moveInMenu(event, list, hide));
  const holder = h("div", { class: "menu-holder" }, button, list);
  return holder;
}

function moveInMenu(event, list, hide) {
  const buttons = Array.from(list.children);
  const at = buttons.indexOf(document.activeElement);
  const targets = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  if (event.key === "Escape") { event.stopPropagation(); hide(true); }
  else if (event.key === "Tab") hide();
  else if (event.key in targets) {
    event.preventDefault();
    buttons.at(targets[event.key] % buttons.length)?.focus();
  }
}

/** Opens a modal dialog; `body(close)` gives its content. Returns the close function. */
export function openDialog({ title, body, testid, wide }) {
  const titleId = `dialog-${Math.random().toString(36).slice(2)}`;
  const close = () => dialog.close();
  const dialog = h("dialog", { class: wide ? "dialog wide" : "dialog", "aria-labelledby": titleId, testid },
    h("header", {}, h("h2", { id: titleId }, title), iconButton("close", t("close"), close)),
    h("div", { class: "dialog-body" }, body(close)));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("pointerdown", (event) => { if (event.target === dialog) close(); });
  document.body.append(dialog);
  dialog.showModal();
  return close;
}

/** A message of the simulator itself (not of a bot), for example an error. */
export function notice(text, kind) {
  const element = h("div", { class: `notice ${kind || ""}`, testid: "notice" }, text);
  const holder = document.querySelector("dialog[open] .dialog-body") || document.getElementById("notices");
  if (holder.id === "notices") holder.append(element);
  else holder.prepend(element);
  setTimeout(() => element.remove(), 3500);
}

/** Runs an action; what goes wrong becomes a notice instead of an unhandled rejection. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    notice(error.message, "error");
    return null;
  }
}

export async function copyText(text) {
  await attempt(async () => {
    await navigator.clipboard.writeText(text);
    notice(t("copied"));
  });
}

/** Reads aloud to screen readers what just happened. */
export function announce(text) {
  const live = document.getElementById("live");
  live.append(h("p", {}, text));
  while (live.childElementCount > 5) live.firstElementChild.remove();
}
