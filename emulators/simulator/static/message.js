// One message of a conversation: bubble, media, inline keyboard, or a service line.
import { avatar, copyText, h, hue, icon, menuButton, openDialog } from "./dom.js";
import { renderText } from "./entities.js";
import { fileAddress } from "./api.js";
import { clock, size, t } from "./i18n.js";
import { safeAddress } from "./links.js";
import { fullName, person } from "./store.js";

/** The whole name of somebody; a message carries the first name only. */
const nameOf = (user) => fullName(person(user?.id) || user);

/** The text of a service message, or null for an ordinary one. */
export function serviceText(message) {
  const who = nameOf(message.from);
  if (message.new_chat_members) {
    const added = message.new_chat_members.map(nameOf).join(", ");
    return message.new_chat_members[0].id === message.from?.id ? t("joined", { who }) : t("added", { who, added });
  }
  if (message.left_chat_member) {
    const left = nameOf(message.left_chat_member);
    return message.left_chat_member.id === message.from?.id ? t("leftChat", { who }) : t("removedFromChat", { who, left });
  }
  if (message.pinned_message) return t("pinnedBy", { who: senderName(message), text: summary(message.pinned_message) });
  if (message.group_chat_created || message.supergroup_chat_created || message.channel_chat_created) return t("chatCreated");
  if (message.migrate_to_chat_id || message.migrate_from_chat_id) return t("migrated");
  return message.new_chat_title ? t("renamed", { title: message.new_chat_title }) : null;
}

export const senderName = (message) => message.sender_chat?.title || nameOf(message.from);

/** One line that stands for a message in lists, replies and announcements. */
export function summary(message) {
  const body = (message.text || message.caption || "").replace(/\s+/g, " ");
  const label = message.photo || message.photo_url ? t("photo") : message.document?.file_name || (message.document ? t("document") : "");
  return [label, body].filter(Boolean).join(", ") || serviceText(message) || other(message) || t("message");
}

const OTHER = ["sticker", "animation", "video", "voice", "audio", "location", "venue", "contact", "dice", "poll", "invoice", "video_note"];

function other(message) {
  const kind = OTHER.find((name) => message[name]);
  return kind ? `[${kind}]` : "";
}

/** Addresses of the emulator are taken on this page's origin, so that the security policy lets them in. */
function ownAddress(address) {
  const url = new URL(address, document.baseURI);
  if (url.protocol === "data:" || url.protocol === "blob:") return url.href;
  return new URL(url.pathname + url.search, document.baseURI).href;
}

/** Builds the list item. `view` = {mine, named, pictured, replied}; `actions` are the pane's. */
export function messageItem(message, view, actions) {
  const service = serviceText(message);
  const attributes = {
    testid: `message-${message.message_id}`, "data-id": message.message_id, tabindex: "-1",
    "data-from": message.from?.id,
  };
  if (service) return h("li", { ...attributes, class: "service" }, h("span", {}, service));
  const classes = ["message", view.mine ? "out" : "in", view.pictured ? "pictured" : "", view.first ? "first" : "", view.last ? "last" : ""];
  return h("li", { ...attributes, class: classes.join(" ") },
    view.pictured && view.last ? avatar(senderName(message), message.from?.id) : null,
    h("div", { class: "column" }, bubble(message, view, actions), keyboard(message, actions)),
    tools(message, actions));
}

function bubble(message, view, actions) {
  const photo = message.photo_url;
  const text = message.text ?? message.caption ?? "";
  const entities = message.text === undefined || message.text === null ? message.caption_entities || message.entities : message.entities;
  return h("div", { class: photo ? "bubble with-photo" : "bubble" },
    h("span", { class: view.named ? `sender text-hue-${hue(message.from?.id)}` : "visually-hidden" }, senderName(message), view.named ? null : ": "),
    message.forward_origin ? h("span", { class: "forwarded" }, t("forwardedFrom", { who: originName(message.forward_origin) })) : null,
    view.replied ? quoted(view.replied, actions) : null,
    photo ? photoButton(photo, text) : null,
    message.document ? documentCard(message) : null,
    text ? h("div", { class: "text", dir: "auto" }, renderText(text, entities, actions)) : null,
    !text && !photo && !message.document ? h("div", { class: "text muted" }, other(message) || t("message")) : null,
    h("span", { class: "meta" }, message.edit_date && !message.edit_hide ? h("span", { testid: "edited" }, t("edited")) : null,
      h("time", { datetime: new Date(message.date * 1000).toISOString() }, clock(message.date))));
}

const originName = (origin) => origin.chat?.title || nameOf(origin.sender_user) || origin.sender_user_name || "";

function quoted(message, actions) {
  return h("button", { type: "button", class: "quoted", testid: "quoted", onclick: () => actions.jump(message.message_id) },
    h("strong", {}, senderName(message)), h("span", {}, summary(message)));
}

function photoButton(address, caption) {
  const source = ownAddress(address);
  const picture = () => h("img", { src: source, alt: caption ? t("photoWith", { caption }) : t("photo"), onerror: (event) => event.target.replaceWith(h("span", { class: "photo-missing" }, t("photoMissing"))) });
  const open = () => openDialog({ title: t("photo"), wide: true, testid: "photo-viewer", body: () => picture() });
  return h("button", { type: "button", class: "photo", "aria-label": t("openPhoto"), onclick: open }, picture());
}

function documentCard(message) {
  const file = message.document;
  const content = [h("span", { class: "file-icon" }, icon("file")),
    h("span", { class: "file-name" }, h("strong", {}, file.file_name || t("document")), file.file_size ? h("small", {}, size(file.file_size)) : null)];
  return h("a", { class: "file", href: fileAddress(file.file_id), download: file.file_name || "" }, content);
}

function tools(message, actions) {
  const text = message.text || message.caption;
  return menuButton("more", t("messageActions"), () => [
    { label: t("reply"), run: () => actions.reply(message), testid: "action-reply" },
    text && { label: t("copyText"), run: () => copyText(text) },
    { label: t("showJson"), run: () => showJson(message) },
  ], { class: "icon-button tools" });
}

function showJson(message) {
  openDialog({
    title: t("messageNo", { id: message.message_id }), wide: true,
    body: () => h("pre", { class: "json", tabindex: "0" }, JSON.stringify(message, null, 2)),
  });
}

function keyboard(message, actions) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return h("div", { class: "inline-keyboard", role: "group", "aria-label": t("buttons") },
    rows.map((row, r) => h("div", { class: "row" }, row.map((button, c) => inlineButton(message, button, `${r}-${c}`, actions)))));
}

const BADGES = [["web_app", "app"], ["url", "link"], ["login_url", "link"], ["copy_text", "copy"]];

function inlineButton(message, button, place, actions) {
  const badge = BADGES.find(([name]) => button[name])?.[1];
  const address = button.url || button.login_url?.url;
  const attributes = { class: button.style ? `inline-button style-${button.style}` : "inline-button", testid: `button-${place}` };
  const content = [h("span", {}, button.text), badge ? icon(badge) : null];
  if (address && safeAddress(address)) {
    return h("a", {
      ...attributes, href: safeAddress(address), title: address, target: "_blank", rel: "noopener noreferrer",
      onclick: (event) => { if (actions.link(address)) event.preventDefault(); },
    }, content);
  }
  return h("button", { ...attributes, type: "button", onclick: (event) => actions.press(message, button, event.currentTarget) }, content);
}
