// One conversation as one person sees it.
import * as api from "./api.js";
import { menuItems } from "./chatmenu.js";
import { Composer } from "./composer.js";
import { announce, attempt, avatar, copyText, h, icon, iconButton, menuButton, notice, openDialog } from "./dom.js";
import { t } from "./i18n.js";
import { safeAddress } from "./links.js";
import { Log } from "./log.js";
import { senderName, summary } from "./message.js";
import { forcedReply, keyboardInForce, replyKeyboard } from "./replykeyboard.js";
import * as store from "./store.js";

const TYPING_MS = 5000;
const BUSY_MS = 10000;
const TOAST_MS = 4000;

export class Pane {
  /** `shell` = {openLink(pane, link), changed(pane), activate(pane), back()}. */
  constructor(index, shell) {
    Object.assign(this, { index, shell, place: {}, composer: null, typingUntil: 0, folded: null, handledForce: null });
    this.toasts = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
    this.log = new Log(this.actions(), this.toasts);
    this.header = h("header", { class: "pane-header" });
    this.health = h("div", { class: "health", testid: "bot-health", hidden: true });
    this.pinned = h("div", { class: "pinned-holder" });
    this.footer = h("footer", { class: "pane-footer" });
    this.keyboard = h("div", { class: "keyboard-holder" });
    this.element = h("section", {
      class: "pane", testid: `pane-${index}`, "aria-label": t("conversation"),
      onpointerdown: () => shell.activate(this), onfocusin: () => shell.activate(this),
    }, this.header, this.health, this.pinned, this.log.element, this.footer, this.keyboard);
  }

  /** The id of the chat on show; a private chat has the person's id. */
  get chatId() {
    return this.place.chat === "private" ? this.place.personId : this.place.chat;
  }

  get chat() {
    return this.place.chat === "private" ? { id: this.chatId, type: "private" } : store.chat(this.place.chat);
  }

  /** Shows a place {botId, personId, chat: "private" | id, payload?}. */
  show(place) {
    this.place = place;
    Object.assign(this, { composer: null, typingUntil: 0, folded: null, handledForce: null, footerKind: null });
    this.log.reset();
    this.toasts.replaceChildren();
    const { botId } = place;
    if (this.ready()) {
      attempt(() => store.load(botId, this.chatId));
      store.clearUnread(botId, place.personId, this.chatId);
    }
    this.refresh();
    this.log.toBottom();
  }

  ready() {
    return Boolean(store.bot(this.place.botId) && store.person(this.place.personId) && this.chat);
  }

  /** Reacts to a change of the store. */
  receive(change) {
    const shared = change.chat_id < 0;
    const mine = change.bot_id === undefined || shared || change.bot_id === this.place.botId;
    if (!mine || !this.ready()) {
      if (["bots", "people", "chats"].includes(change.kind)) this.refresh();
      return;
    }
    const here = change.chat_id === this.chatId;
    if (change.kind === "messages" && here) this.refreshConversation();
    else if (change.kind === "arrived" && here) this.arrived(change.message);
    else if (change.kind === "reworded" && here && this.shell.active === this) announce(`${t("edited")}: ${summary(change.message)}`);
    else if (change.kind === "toast" && change.user_id === this.place.personId) this.toast(change);
    else if (change.kind === "typing" && here) this.typing();
    else if (change.kind === "commands") this.composer?.loadCommands();
    else if (["bots", "people", "chats", "blocks"].includes(change.kind)) this.refresh();
  }

  arrived(message) {
    const { botId, personId } = this.place;
    if (!document.hidden && this.visible()) store.clearUnread(botId, personId, this.chatId);
    if (message.from?.id === personId) return;
    this.typingUntil = 0;
    this.refreshHeader();
    if (this.shell.active === this) announce(`${senderName(message)}: ${summary(message)}`);
  }

  visible() {
    return this.element.offsetParent !== null;
  }

  typing() {
    this.typingUntil = Date.now() + TYPING_MS;
    this.refreshHeader();
    setTimeout(() => this.refreshHeader(), TYPING_MS + 50);
  }

  toast({ text, alert, url }) {
    for (const button of this.element.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
    if (url) this.actions().link(url) || window.open(safeAddress(url), "_blank", "noopener");
    if (!text) return;
    if (alert) {
      openDialog({
        title: store.bot(this.place.botId).name, testid: "alert",
        body: (close) => [h("p", { class: "alert-text" }, text), h("div", { class: "actions" }, h("button", { type: "button", class: "primary", testid: "alert-ok", autofocus: true, onclick: close }, t("ok")))],
      });
      return;
    }
    const element = h("div", { class: "toast", testid: "toast" }, text);
    this.toasts.append(element);
    setTimeout(() => element.remove(), TOAST_MS);
  }

  refresh() {
    this.element.classList.toggle("empty", !this.ready());
    if (!this.ready()) {
      this.header.replaceChildren();
      this.footer.replaceChildren();
      this.health.hidden = true;
      return;
    }
    this.refreshHeader();
    this.refreshConversation();
  }

  refreshHeader() {
    if (!this.ready()) return;
    const focused = this.header.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
    const { botId, personId } = this.place;
    const bot = store.bot(botId);
    const title = this.chat.type === "private" ? bot.name : this.chat.title;
    this.element.setAttribute("aria-label", title);
    this.header.replaceChildren(
      iconButton("back", t("back"), () => this.shell.back(), { class: "icon-button back", testid: "back" }),
      avatar(title, this.chat.type === "private" ? bot.id : this.chat.id),
      h("div", { class: "titles" }, h("h2", { testid: "chat-title" }, title), this.subtitle(bot)),
      this.personSelect(personId),
      menuButton("more", t("chatActions"), () => menuItems(this), { testid: "chat-menu" }));
    if (focused) this.header.querySelector(`[data-testid="${focused}"]`)?.focus();
    this.refreshHealth(bot);
  }

  subtitle(bot) {
    if (Date.now() < this.typingUntil) return h("p", { class: "typing", testid: "typing" }, t("typing"));
    if (this.chat.type === "private") return h("p", {}, `@${bot.username}`);
    const count = this.chat.members.filter((one) => store.isMember(this.chat.id, one.user_id)).length;
    return h("p", {}, `${t(this.chat.type)} · ${t(count === 1 ? "memberCountOne" : "memberCount", { count })}`);
  }

  personSelect(personId) {
    const select = h("select", {
      testid: "pane-person", "aria-label": t("youPlay"), title: t("youPlay"),
      onchange: () => this.shell.play(this, Number(select.value)),
    }, store.state.people.map((one) => h("option", { value: String(one.id) }, store.fullName(one))));
    select.value = String(personId);
    return select;
  }

  refreshHealth(bot) {
    const silent = !bot.webhook?.url && !bot.polling;
    const error = bot.webhook?.pending ? bot.webhook.last_error : "";
    this.health.hidden = !silent && !error;
    this.health.textContent = silent ? t("nobodyListens") : error ? t("webhookError", { error }) : "";
  }

  refreshConversation() {
    const { botId, personId } = this.place;
    const messages = store.messages(botId, this.chatId);
    this.log.update(messages, { personId, type: this.chat.type }, (id) => id && store.message(botId, this.chatId, id));
    this.refreshPinned(messages);
    this.refreshFooter(messages);
    this.log.showEmpty(...this.emptyText(messages));
  }

  emptyText(messages) {
    if (messages.length || this.footerKind === "wait") return [];
    const owner = this.chat.type === "private" ? store.bot(this.place.botId) : { id: this.chat.id, name: this.chat.title };
    return [avatar(owner.name, owner.id), h("strong", {}, owner.name), h("p", {}, t(this.footerKind === "start" ? "pressStart" : "noMessages"))];
  }

  refreshPinned(messages) {
    const pinned = messages.filter((one) => one.pinned);
    const newest = pinned.at(-1);
    this.pinned.replaceChildren(...(newest ? [h("button", {
      type: "button", class: "pinned", testid: "pinned", onclick: () => this.log.jump(newest.message_id),
    }, icon("pin"), h("span", {}, h("strong", {}, pinned.length > 1 ? t("pinnedMany", { count: pinned.length }) : t("pinned")), h("span", {}, summary(newest))))] : []));
  }

  /** What the bottom offers now: a composer, or the one thing the person can do instead. */
  bottom(messages) {
    const { botId, personId, payload } = this.place;
    if (!store.isLoaded(botId, this.chatId)) return "wait";
    if (this.chat.type === "private") {
      if (store.isBlocked(botId, personId)) return "unblock";
      return messages.length === 0 || payload !== undefined ? "start" : "composer";
    }
    if (messages.at(-1)?.migrate_to_chat_id) return "moved";
    if (!store.isMember(this.chat.id, personId)) return "join";
    return this.chat.type === "channel" && !store.isAdmin(this.chat.id, personId) ? "reading" : "composer";
  }

  refreshFooter(messages) {
    const kind = this.bottom(messages);
    if (kind !== this.footerKind) {
      this.footerKind = kind;
      this.footer.replaceChildren(kind === "composer" ? this.newComposer() : this.bigButton(kind));
    }
    this.refreshKeyboard(kind === "composer" ? messages : []);
  }

  newComposer() {
    const { botId, personId } = this.place;
    this.composer = new Composer({ botId, personId, chatId: this.chatId }, {
      onsent: () => this.log.toBottom(),
      onkeyboard: () => { this.folded = this.folded ? null : this.keyboardShown; this.refreshConversation(); },
    });
    return this.composer.element;
  }

  bigButton(kind) {
    this.composer = null;
    const { botId, personId } = this.place;
    const id = this.chatId;
    const join = async () => { await api.setMember(id, personId, "member"); await store.reload("chats"); };
    const actions = { start: () => this.start(), moved: () => this.shell.move(this, store.last(botId, id).migrate_to_chat_id), unblock: () => store.setBlocked(botId, personId, false), join };
    if (!(kind in actions)) return h("p", { class: "footer-note" }, kind === "reading" ? t("onlyAdminsPost") : "");
    return h("button", { type: "button", class: "primary big", testid: kind, onclick: () => attempt(actions[kind]) }, t(kind));
  }

  async start() {
    const { botId, personId, payload } = this.place;
    delete this.place.payload;
    await attempt(async () => {
      await api.start(botId, personId, payload);
      if (!store.state.online) await store.load(botId, personId, true);
    });
    this.log.toBottom();
    this.composer?.input.focus();
  }

  refreshKeyboard(messages) {
    const force = keyboardInForce(messages);
    this.keyboardShown = force?.message.message_id;
    const folded = this.folded !== null && this.folded === this.keyboardShown;
    if (this.composer) this.composer.keyboardToggle.hidden = !force;
    this.composer?.placeholder(!folded && force?.markup.input_field_placeholder);
    const signature = force && !folded ? JSON.stringify(force.markup) : "";
    if (signature !== this.keyboardSignature) {
      this.keyboardSignature = signature;
      this.keyboard.replaceChildren(...(signature ? [replyKeyboard(force.markup, (text) => this.pressReply(text, force.markup))] : []));
    }
    const asked = forcedReply(messages);
    if (!asked || this.handledForce === asked.message_id) return;
    this.handledForce = asked.message_id;
    this.composer?.reply(asked);
    this.composer?.placeholder(asked.reply_markup.input_field_placeholder);
  }

  pressReply(text, markup) {
    if (markup.one_time_keyboard) this.folded = this.keyboardShown;
    this.composer?.sendText(text);
  }

  actions() {
    return {
      command: (text) => this.composer?.sendText(text),
      mention: (username) => this.shell.openLink(this, { username }),
      link: (address) => this.shell.openAddress(this, address),
      reply: (message) => this.composer?.reply(message),
      jump: (id) => this.log.jump(id),
      press: (message, button, element) => this.press(message, button, element),
    };
  }

  async press(message, button, element) {
    const { botId, personId } = this.place;
    if (button.copy_text) return copyText(button.copy_text.text);
    if (button.web_app) return void window.open(safeAddress(button.web_app.url), "_blank", "noopener");
    const inline = button.switch_inline_query_current_chat;
    if (inline !== undefined && this.composer) {
      this.composer.input.value = `@${store.bot(botId).username} ${inline}`;
      return this.composer.input.focus();
    }
    if (button.callback_data === undefined) return notice(t("notSimulated"));
    element.setAttribute("aria-busy", "true");
    setTimeout(() => element.removeAttribute("aria-busy"), BUSY_MS);
    const sent = await attempt(() => api.press({ bot_id: botId, chat_id: this.chatId, from_id: personId, message_id: message.message_id, data: button.callback_data }));
    if (!sent) element.removeAttribute("aria-busy");
    return undefined;
  }
}
