// Formatted text: Telegram's entities become elements. Offsets count UTF-16 units, as JavaScript does.
import { copyText, h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { safeAddress } from "./links.js";

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code" };

/** The nodes of a text. `actions` = {command(text), mention(name), link(address)}. */
export function renderText(text, entities, actions) {
  const sorted = (entities || []).map((one) => ({ ...one, end: one.offset + one.length }))
    .sort((a, b) => a.offset - b.offset || b.length - a.length);
  return range(text, sorted, 0, text.length, actions);
}

function range(text, entities, from, to, actions) {
  const nodes = [];
  let at = from;
  for (let i = 0; i < entities.length; i += 1) {
    const entity = entities[i];
    const end = Math.min(entity.end, to);
    if (entity.offset < at || entity.offset >= end) continue;
    if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
    const inner = range(text, entities.slice(i + 1), entity.offset, end, actions);
    nodes.push(wrap(entity, inner, text.slice(entity.offset, end), actions));
    at = BLOCKS.has(entity.type) && text[end] === "\n" ? end + 1 : end;
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

function wrap(entity, inner, text, actions) {
  if (entity.type in TAGS) return h(TAGS[entity.type], {}, inner);
  const make = WRAPPERS[entity.type];
  return make ? make(entity, inner, text, actions) : h("span", { class: `entity ${entity.type}` }, inner);
}

const WRAPPERS = {
  pre: (entity, inner, text) => h("span", { class: "pre" },
    h("span", { class: "pre-head" }, h("span", {}, entity.language || "code"),
      h("button", { type: "button", "aria-label": t("copy"), onclick: () => copyText(text) }, icon("copy"))),
    h("code", {}, inner)),
  blockquote: (entity, inner) => h("span", { class: "quote", role: "blockquote" }, inner),
  expandable_blockquote: (entity, inner) => expandable(inner),
  spoiler: (entity, inner) => spoiler(inner),
  url: (entity, inner, text, actions) => anchor(text, inner, actions),
  text_link: (entity, inner, text, actions) => anchor(entity.url, inner, actions),
  email: (entity, inner, text, actions) => anchor(`mailto:${text}`, inner, actions),
  phone_number: (entity, inner, text, actions) => anchor(`tel:${text.replace(/[^\d+]/g, "")}`, inner, actions),
  bot_command: (entity, inner, text, actions) => inline(inner, () => actions.command(text)),
  mention: (entity, inner, text, actions) => inline(inner, () => actions.mention(text.slice(1))),
  text_mention: (entity, inner) => h("span", { class: "entity mention", title: `id ${entity.user?.id}` }, inner),
};

const inline = (inner, onclick) => h("button", { type: "button", class: "inline-link", onclick }, inner);

function anchor(address, inner, actions) {
  const safe = safeAddress(address);
  if (!safe && !/^tg:/i.test(address)) return h("span", { class: "entity" }, inner);
  return h("a", {
    href: safe || address, title: safe || address, target: "_blank", rel: "noopener noreferrer",
    onclick: (event) => { if (actions.link(address)) event.preventDefault(); },
  }, inner);
}

function spoiler(inner) {
  const hidden = h("span", { class: "spoiler-text", "aria-hidden": "true" }, inner);
  const element = h("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": t("spoiler"), testid: "spoiler" }, hidden);
  const reveal = (event) => {
    if (element.classList.contains("shown") || (event.key && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    element.classList.add("shown");
    hidden.removeAttribute("aria-hidden");
    for (const name of ["role", "tabindex", "aria-label"]) element.removeAttribute(name);
  };
  element.addEventListener("click", reveal);
  element.addEventListener("keydown", reveal);
  return element;
}

function expandable(inner) {
  const toggle = h("button", { type: "button", class: "quote-toggle", "aria-expanded": "false" }, t("showMore"));
  const content = h("span", { class: "quote-content" }, inner);
  const element = h("span", { class: "quote folded", role: "blockquote" }, content, toggle);
  toggle.addEventListener("click", () => {
    const folded = element.classList.toggle("folded");
    toggle.setAttribute("aria-expanded", String(!folded));
    toggle.textContent = t(folded ? "showMore" : "showLess");
  });
  return element;
}
