// Puts the page together: shell, panes, address bar, links, live events.
import * as api from "./api.js";
import { groupDialog, welcome } from "./dialogs.js";
import { attempt, h, notice } from "./dom.js";
import { current, t } from "./i18n.js";
import { parseTelegramLink } from "./links.js";
import { Pane } from "./pane.js";
import { Sidebar } from "./sidebar.js";
import * as store from "./store.js";

const REFRESH_BOTS_MS = 2500;

class Shell {
  constructor() {
    this.place_ = { botId: null, personId: null, chat: "private" };
    this.splitOn = false;
    this.panes = [];
  }

  /** Builds the whole page anew (at the start, and in another language). */
  build() {
    document.documentElement.lang = current();
    document.title = t("pageTitle");
    const places = this.panes.map((pane) => pane.place);
    this.sidebar = new Sidebar(this);
    this.stage = h("main", { class: "stage" });
    this.panes = (this.splitOn ? [0, 1] : [0]).map((index) => new Pane(index, this));
    this.active = this.panes[0];
    const root = document.getElementById("app");
    root.replaceChildren(this.sidebar.element, this.stage);
    this.panes.forEach((pane, i) => pane.show(places[i] || this.partner(this.place_)));
    this.refresh();
  }

  /** The place of a second pane: the same chat, seen by somebody else. */
  partner(place) {
    const others = this.panes.length > 1 ? store.state.people.filter((one) => one.id !== place.personId) : [];
    const member = others.find((one) => place.chat === "private" || store.isMember(place.chat, one.id));
    return { ...place, personId: (member || others[0])?.id ?? place.personId };
  }

  refresh() {
    const empty = !store.bot(this.place_.botId) ? "bot" : !store.person(this.place_.personId) ? "person" : null;
    if (empty !== this.empty || !this.stage.firstChild) {
      this.empty = empty;
      this.stage.replaceChildren(...(empty ? [this.emptyStage(empty)] : this.panes.map((pane) => pane.element)));
    }
    this.stage.classList.toggle("split", this.panes.length > 1);
    for (const pane of this.panes) pane.element.classList.toggle("active", pane === this.active);
    if (empty) document.body.dataset.view = "list";
    this.sidebar.refresh();
  }

  emptyStage(kind) {
    if (kind === "person") return welcome((one) => this.selectPerson(one.id));
    return h("div", { class: "welcome" }, h("h2", {}, t("noBot")), h("p", {}, t("noBotText")));
  }

  place() {
    return this.active?.place || this.place_;
  }

  split() {
    return this.splitOn;
  }

  toggleSplit() {
    this.splitOn = !this.splitOn;
    this.place_ = this.place();
    this.panes = [this.active];
    this.build();
  }

  relabel() {
    this.build();
  }

  activate(pane) {
    if (pane === this.active) return;
    this.active = pane;
    this.go(pane, pane.place, { show: false });
  }

  /** Shows a place in a pane and remembers it in the address. */
  go(pane, place, { show = true } = {}) {
    this.active = pane;
    this.place_ = place;
    remember(place);
    if (show) pane.show(place);
    this.refresh();
  }

  selectBot(botId) {
    this.go(this.active, { ...this.place(), botId, chat: "private", payload: undefined });
    this.openView();
  }

  selectPerson(personId) {
    const { botId, chat, payload } = this.place();
    this.go(this.active, { botId, personId, chat, payload });
  }

  play(pane, personId) {
    this.go(pane, { ...pane.place, personId });
  }

  move(pane, chat) {
    this.go(pane, { ...pane.place, chat });
  }

  selectChat(chat) {
    const { botId, personId } = this.place();
    this.go(this.active, { botId, personId, chat });
    this.openView();
    if (matchMedia("(hover: hover)").matches) this.active.composer?.input.focus();
  }

  /** On a phone the conversation covers the list; the browser's Back shows the list again. */
  openView() {
    if (this.empty || document.body.dataset.view === "chat") return;
    document.body.dataset.view = "chat";
    if (narrow()) history.pushState({ view: "chat" }, "");
  }

  back() {
    if (history.state?.view === "chat") history.back();
    else document.body.dataset.view = "list";
  }

  openAddress(pane, address) {
    const link = parseTelegramLink(address);
    if (!link) return false;
    this.openLink(pane, link);
    return true;
  }

  openLink(pane, { username, start, startgroup }) {
    const bot = store.botByName(username);
    if (!bot) {
      notice(t("notHere", { name: username }), "error");
      return;
    }
    if (startgroup !== undefined) {
      this.startInGroup(pane, bot, startgroup);
      return;
    }
    this.go(pane, { ...pane.place, botId: bot.id, chat: "private", payload: start || undefined });
    if (start !== undefined) pane.start();
  }

  startInGroup(pane, bot, payload) {
    const { personId } = pane.place;
    groupDialog(bot, personId, (chatId) => attempt(async () => {
      if (!store.isMember(chatId, bot.id)) await api.setMember(chatId, bot.id, "member");
      const text = `/start@${bot.username} ${payload}`.trim();
      await api.send({ bot_id: bot.id, chat_id: chatId, from_id: personId, text });
      await store.reload("chats");
      this.go(pane, { botId: bot.id, personId, chat: chatId });
    }));
  }

  receive(change) {
    for (const pane of this.panes) pane.receive(change);
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.refresh(), 0);
    if (change.kind === "arrived") this.watchBots();
  }

  /** A webhook that fails shows a little after a message, so the bots are asked again. */
  watchBots() {
    if (this.watching) return;
    this.watching = setTimeout(async () => {
      this.watching = null;
      await attempt(() => store.reload("bots", "chats"));
    }, REFRESH_BOTS_MS);
  }
}

const narrow = () => matchMedia("(max-width: 760px)").matches;

function remember({ botId, personId, chat }) {
  const values = new URLSearchParams();
  const bot = store.bot(botId);
  if (bot) values.set("bot", bot.username || String(bot.id));
  if (personId) values.set("as", String(personId));
  if (chat !== "private") values.set("chat", String(chat));
  history.replaceState(history.state, "", `?${values}`);
  if (personId) localStorage.setItem("simulator.person", String(personId));
}

/** The place named by the address, else the last person and the first bot. */
function firstPlace() {
  const values = new URLSearchParams(location.search);
  const asked = values.get("bot");
  const bot = asked ? store.botByName(asked) : store.state.bots[0];
  if (asked && !bot) notice(t("notHere", { name: asked }), "error");
  const wanted = Number(values.get("as") || localStorage.getItem("simulator.person"));
  const person = store.person(wanted) || store.state.people[0];
  const chat = Number(values.get("chat"));
  return {
    botId: (bot || store.state.bots[0])?.id ?? null, personId: person?.id ?? null,
    chat: chat && store.chat(chat) ? chat : "private", payload: values.get("start") || undefined,
  };
}

async function begin() {
  const shell = new Shell();
  const stream = new api.EventStream({
    onevent: store.apply,
    onlost: () => { store.state.online = false; store.emit("online"); },
    onback: () => { store.state.online = true; store.emit("online"); attempt(store.resync); },
  });
  const remembered = await stream.open();
  remembered.filter((event) => event.kind === "keyboard").forEach(store.noteKeyboard);
  await store.reload("bots", "people", "chats");
  shell.place_ = firstPlace();
  const asked = new URLSearchParams(location.search).has("bot");
  document.body.dataset.view = asked && shell.place_.personId ? "chat" : "list";
  shell.build();
  store.subscribe((change) => shell.receive(change));
  window.addEventListener("popstate", () => { document.body.dataset.view = "list"; });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const pane of shell.panes) if (pane.ready()) store.clearUnread(pane.place.botId, pane.place.personId, pane.chatId);
  });
}

begin().catch((error) => {
  document.getElementById("app").replaceChildren(h("div", { class: "welcome", role: "alert" }, h("h2", {}, t("noEmulator")), h("p", {}, error.message)));
});
