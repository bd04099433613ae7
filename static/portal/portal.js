// The portal's frame: theme, phone menu, menus, dialogs, copying, toasts. No page needs it to work.

const root = document.documentElement;

// Theme: a cookie, so that the server draws the right one at once.
function isDark() {
  const chosen = root.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function switchTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  document.dispatchEvent(new CustomEvent("themechange"));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("themechange"));
});

// Phone menu
function openMenu(open) {
  const button = document.querySelector("[data-menu]");
  root.classList.toggle("is-menu-open", open);
  button?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".sidebar a, .sidebar summary")?.focus();
  else button?.focus();
}

// Toasts
export function toast(text, kind = "info") {
  const template = document.getElementById("toast-template");
  const box = document.querySelector(".toasts");
  if (!template || !box) return;
  const item = template.content.firstElementChild.cloneNode(true);
  item.classList.add(kind);
  item.querySelector("p").textContent = text;
  box.append(item);
  leaveLater(item);
}

function leaveLater(item) {
  // What went wrong stays until somebody has read it.
  if (item.classList.contains("error") || item.classList.contains("warning")) return;
  let timer = setTimeout(() => item.remove(), 6000);
  item.addEventListener("pointerenter", () => clearTimeout(timer));
  item.addEventListener("pointerleave", () => {
    timer = setTimeout(() => item.remove(), 3000);
  });
}

// Copying
async function copy(button) {
  const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
  const text = source ? (source.value ?? source.textContent).trim() : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // no clipboard on plain http: select it, the person can press Ctrl+C
    if (source) getSelection().selectAllChildren(source);
    return;
  }
  const status = button.querySelector("[data-copied]");
  if (status) {
    button.classList.add("is-copied");
    const before = status.textContent;
    status.textContent = status.dataset.copied;
    setTimeout(() => {
      status.textContent = before;
      button.classList.remove("is-copied");
    }, 2000);
  }
}

document.addEventListener("click", (event) => {
  const target = event.target.closest(
    "[data-theme-switch], [data-menu], [data-copy], [data-copy-from], [data-dialog], [data-close]",
  );
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (event.target.classList?.contains("shade")) openMenu(false);
  if (event.target instanceof HTMLDialogElement) event.target.close();
  if (!target) return;
  if ("themeSwitch" in target.dataset) switchTheme();
  else if ("menu" in target.dataset) openMenu(!root.classList.contains("is-menu-open"));
  else if ("dialog" in target.dataset) document.getElementById(target.dataset.dialog)?.showModal();
  else if ("close" in target.dataset) target.closest("dialog")?.close() ?? target.closest(".toast")?.remove();
  else copy(target);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (root.classList.contains("is-menu-open")) {
    openMenu(false);
  }
});

// A form is sent once, however often the button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post") || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "true";
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Forms of a new workspace: address from the name, the browser's time zone.
function suggestSlug(input) {
  const source = document.getElementById(input.dataset.slugFrom);
  let isOwn = input.value !== "";
  input.addEventListener("input", () => {
    isOwn = input.value !== "";
  });
  source?.addEventListener("input", () => {
    if (isOwn) return;
    const slug = source.value.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-");
    input.value = slug.replace(/^-+|-+$/g, "").slice(0, 33);
  });
}

for (const input of document.querySelectorAll("[data-slug-from]")) suggestSlug(input);
for (const select of document.querySelectorAll("[data-own-time-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const option = [...select.options].find((one) => one.value === zone);
  if (option && !select.closest("form").querySelector(".errors")) select.value = zone;
}
for (const item of document.querySelectorAll(".toast")) leaveLater(item);
for (const dialog of document.querySelectorAll("dialog[open]")) {
  // the server left it open because its form has errors: make it a real dialog
  dialog.close();
  dialog.showModal();
}

// what went wrong with a form is read first
document.querySelector("[data-focus]")?.focus();

// of many tabs the page's own is in sight, also on a phone
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// htmx: say when a request failed; otherwise nothing would happen on the screen.
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(name, () => toast(document.body.dataset.failed, "error"));
}
