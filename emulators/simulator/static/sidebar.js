// The left column: bot, people, chats, settings.
import { botFatherDialog } from "./botfather.js";
import { chatDialog, personDialog } from "./dialogs.js";
import { avatar, h, icon, iconButton, menuButton } from "./dom.js";
import { choose, clock, current, LANGUAGES, t } from "./i18n.js";
import { senderName, summary } from "./message.js";
import * as store from "./store.js";

const PREVIEWS = 40;

export class Sidebar {
  /** `shell` = {place(), selectBot, selectPerson, selectChat, split(), toggleSplit, relabel}. */
  constructor(shell) {
    this.shell = shell;
    this.bots = h("div", { class: "bot-card" });
    this.people = h("div", { class: "people", role: "group", "aria-label": t("youPlay") });
    this.chats = h("nav", { class: "chats", "aria-label": t("chats") });
    this.offline = h("p", { class: "offline", role: "status", hidden: true, testid: "offline" }, t("reconnecting"));
    this.element = h("aside", { class: "sidebar", "aria-label": t("overview") },
      h("header", { class: "brand" }, h("img", { src: "icon.svg", alt: "", width: "30", height: "30" }), h("h1", {}, t("title")), this.settings()),
      this.offline,
      h("div", { class: "section-head" }, h("h2", {}, t("bot")), h("button", {
        type: "button", class: "section-link", testid: "botfather", onclick: () => botFatherDialog((id) => shell.selectBot(id)),
      }, icon("key"), "BotFather")),
      this.bots,
      h("div", { class: "section-head" }, h("h2", {}, t("youPlay")), iconButton("plus", t("newPerson"), () => personDialog((one) => shell.selectPerson(one.id)), { testid: "new-person" })),
      this.people,
      h("div", { class: "section-head" }, h("h2", {}, t("chats")), iconButton("plus", t("newChat"), () => this.newChat(), { testid: "new-chat" })),
      this.chats);
  }

  newChat() {
    const { botId, personId } = this.shell.place();
    chatDialog({ botId, personId }, (chat) => this.shell.selectChat(chat.id));
  }

  settings() {
    const theme = document.documentElement.dataset.theme || "auto";
    const setTheme = (value) => () => {
      document.documentElement.dataset.theme = value;
      localStorage.setItem("simulator.theme", value);
    };
    const mark = (on, text) => (on ? `✓ ${text}` : text);
    return h("div", { class: "brand-actions" },
      iconButton("columns", t("sideBySide"), () => this.shell.toggleSplit(), { testid: "split", class: "icon-button wide-only", "aria-pressed": String(this.shell.split()) }),
      menuButton("settings", t("settings"), () => [
        ...["auto", "light", "dark"].map((name) => ({ label: mark((document.documentElement.dataset.theme || theme) === name, t(`theme-${name}`)), run: setTheme(name), testid: `theme-${name}` })),
        ...Object.entries(LANGUAGES).map(([tag, label]) => ({ label: mark(current() === tag, label), testid: `language-${tag}`, run: () => { choose(tag); this.shell.relabel(); } })),
      ], { testid: "settings" }));
  }

  refresh() {
    this.offline.hidden = store.state.online;
    this.refreshBots();
    this.refreshPeople();
    this.refreshChats();
  }

  refreshBots() {
    const { botId } = this.shell.place();
    const bot = store.bot(botId);
    const select = h("select", {
      testid: "bot-picker", "aria-label": t("bot"), onchange: () => this.shell.selectBot(Number(select.value)),
    }, store.state.bots.map((one) => h("option", { value: String(one.id) }, `${one.name} (@${one.username})`)));
    if (bot) select.value = String(bot.id);
    this.keepFocus(this.bots, [
      avatar(bot?.name || "?", bot?.id, "bot"),
      bot ? h("span", { class: "bot-names" }, h("strong", {}, bot.name), h("small", {}, `@${bot.username}`), select, icon("down"))
        : h("span", { class: "bot-names" }, h("strong", {}, t("noBot"))),
    ]);
  }

  refreshPeople() {
    const { botId, personId } = this.shell.place();
    this.keepFocus(this.people, store.state.people.map((one) => {
      const waiting = one.id === personId ? 0 : store.unreadTotal(botId, one.id);
      return h("button", {
        type: "button", class: "person", testid: `person-${one.id}`, "aria-pressed": String(one.id === personId),
        title: `${store.fullName(one)} · ${one.language_code || ""} · ${one.id}`, onclick: () => this.shell.selectPerson(one.id),
      }, avatar(store.fullName(one), one.id), h("span", {}, one.first_name), badge(waiting));
    }));
  }

  refreshChats() {
    const { botId, personId, chat } = this.shell.place();
    if (!store.bot(botId) || !store.person(personId)) {
      this.chats.replaceChildren();
      return;
    }
    const moved = (one) => store.last(botId, one.id)?.migrate_to_chat_id;
    const rows = store.chatsOf(botId).filter((one) => !moved(one)).map((one) => ({ id: one.id, key: one.id, name: one.title, type: one.type, joined: store.isMember(one.id, personId) }));
    rows.slice(0, PREVIEWS).forEach((row) => store.load(botId, row.id).catch(() => {}));
    store.load(botId, personId).catch(() => {});
    const newest = (row) => store.last(botId, row.id)?.date || 0;
    rows.sort((a, b) => Number(b.joined) - Number(a.joined) || newest(b) - newest(a));
    rows.unshift({ id: personId, key: "private", name: store.bot(botId).name, type: "private", joined: true, avatarId: botId });
    this.keepFocus(this.chats, [h("ul", {}, rows.map((row) => this.chatRow(row, botId, personId, row.key === chat)))]);
  }

  chatRow(row, botId, personId, selected) {
    const newest = store.last(botId, row.id);
    const from = newest && row.type !== "channel" && row.type !== "private" && !newest.new_chat_members ? `${newest.from?.id === personId ? t("you") : senderName(newest)}: ` : "";
    const preview = !row.joined ? t("notMember") : newest ? from + summary(newest) : t("noMessages");
    return h("li", {}, h("button", {
      type: "button", class: row.joined ? "chat" : "chat outside", testid: `chat-${row.id}`, "aria-current": selected ? "true" : null, onclick: () => this.shell.selectChat(row.key),
    }, avatar(row.name, row.avatarId || row.id),
    h("span", { class: "chat-main" },
      h("span", { class: "chat-top" }, row.type === "private" ? null : icon(row.type === "channel" ? "channel" : "group"), h("strong", {}, row.name), newest ? h("time", {}, clock(newest.date)) : null),
      h("span", { class: "chat-bottom" }, h("span", { class: "preview" }, preview), badge(row.joined ? store.unreadOf(botId, personId, row.id) : 0)))));
  }

  /** Replaces the content of a part and puts the keyboard focus back where it was. */
  keepFocus(holder, children) {
    const focused = holder.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
    holder.replaceChildren(...children);
    if (focused) holder.querySelector(`[data-testid="${focused}"]`)?.focus();
  }
}

const badge = (count) => (count ? h("span", { class: "badge", "aria-label": t("unreadCount", { count }) }, String(count)) : null);
