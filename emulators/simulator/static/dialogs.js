// Dialogs: a new person, a new group or channel, members, adding the bot to a group.
import * as api from "./api.js";
import { attempt, avatar, h, openDialog } from "./dom.js";
import { current, t } from "./i18n.js";
import * as store from "./store.js";

const PERSON_LANGUAGES = [["en", "English"], ["zh-hans", "简体中文"], ["zh-hant", "繁體中文"], ["ja", "日本語"], ["de", "Deutsch"], ["ru", "Русский"], ["fa", "فارسی"]];

export const field = (label, control, hint) => h("label", { class: "field" }, h("span", {}, label), control, hint ? h("small", {}, hint) : null);

/** A form with one submit button; `save()` may throw, then the dialog stays open. */
export function form(submit, fields, save) {
  const button = h("button", { type: "submit", class: "primary", testid: "submit" }, submit);
  return h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      await attempt(save);
      button.disabled = false;
    },
  }, fields, h("div", { class: "actions" }, button));
}

export function personDialog(done) {
  const name = h("input", { type: "text", required: true, maxlength: "64", testid: "person-name", autocomplete: "off", autofocus: true });
  const last = h("input", { type: "text", maxlength: "64", testid: "person-last-name", autocomplete: "off" });
  const username = h("input", { type: "text", pattern: "[A-Za-z][A-Za-z0-9_]{4,31}", testid: "person-username", autocomplete: "off" });
  const language = h("select", { testid: "person-language" }, PERSON_LANGUAGES.map(([tag, label]) => h("option", { value: tag }, `${label} (${tag})`)));
  language.value = current().toLowerCase();
  openDialog({
    title: t("newPerson"), testid: "person-dialog",
    body: (close) => form(t("create"), [field(t("firstName"), name), field(t("lastName"), last), field(t("username"), username, t("usernameHint")), field(t("language"), language, t("languageHint"))], async () => {
      const body = { first_name: name.value.trim(), language_code: language.value };
      if (last.value.trim()) body.last_name = last.value.trim();
      if (username.value) body.username = username.value;
      const made = await api.createPerson(body);
      await store.reload("people");
      close();
      done(made);
    }),
  });
}

const STARTERS = [["Alex", "en"], ["小雨", "zh-hans"], ["雅婷", "zh-hant"]];

/** The first thing a newcomer sees: whom to play. */
export function welcome(done) {
  const play = (first, language) => () => attempt(async () => {
    const made = await api.createPerson({ first_name: first, language_code: language });
    await store.reload("people");
    done(made);
  });
  return h("div", { class: "welcome" }, h("h2", {}, t("welcome")), h("p", {}, t("welcomeText")),
    h("div", { class: "starters" }, STARTERS.map(([first, language]) => h("button", { type: "button", class: "starter", testid: `starter-${language}`, onclick: play(first, language) },
      avatar(first, first.codePointAt(0)), h("strong", {}, first), h("small", {}, PERSON_LANGUAGES.find(([tag]) => tag === language)[1])))),
    h("button", { type: "button", class: "ghost", onclick: () => personDialog(done) }, t("newPerson")));
}

function checks(list, chosen) {
  const boxes = list.map((one) => h("input", { type: "checkbox", value: String(one.id), checked: chosen.includes(one.id), testid: `pick-${one.id}` }));
  const element = h("div", { class: "checks" }, boxes.map((box, i) => h("label", {}, box, store.fullName(list[i]) || list[i].name)));
  return { element, values: () => boxes.filter((box) => box.checked).map((box) => Number(box.value)) };
}

const options = (names) => names.map((name) => h("option", { value: name }, t(name)));

export function chatDialog({ botId, personId }, done) {
  const type = h("select", { testid: "chat-type" }, options(["group", "supergroup", "channel"]));
  const title = h("input", { type: "text", required: true, maxlength: "128", testid: "chat-title-input", autocomplete: "off", autofocus: true });
  const botStatus = h("select", { testid: "chat-bot-status" }, options(["member", "administrator"]));
  const members = checks(store.state.people, [personId]);
  type.addEventListener("change", () => { if (type.value === "channel") botStatus.value = "administrator"; });
  openDialog({
    title: t("newChat"), testid: "chat-dialog",
    body: (close) => form(t("create"), [field(t("kind"), type), field(t("chatTitle"), title), field(t("botIs", { bot: store.bot(botId)?.name || t("bot") }), botStatus),
      h("fieldset", {}, h("legend", {}, t("members")), members.element)], async () => {
      const made = await api.createChat({ type: type.value, title: title.value.trim(), members: members.values(), bots: botId ? [botId] : [], bot_status: botStatus.value });
      await store.reload("chats");
      close();
      done(made);
    }),
  });
}

const CHANGES = { creator: [], administrator: ["member", "left"], member: ["administrator", "left"], restricted: ["member", "left"], left: ["member"], kicked: ["member"] };

export function membersDialog(chatId) {
  const list = h("ul", { class: "members" });
  const change = (id, status) => () => attempt(async () => {
    await api.setMember(chatId, id, status);
    await store.reload("chats");
    draw();
  });
  const row = (who) => {
    const status = store.status(chatId, who.id);
    const name = store.fullName(who) || who.name;
    return h("li", { testid: `member-${who.id}` }, avatar(name, who.id), h("span", { class: "member-name" }, h("strong", {}, name), h("small", {}, t(status))),
      (CHANGES[status] || []).map((next) => h("button", { type: "button", class: "ghost small", testid: `set-${next}`, onclick: change(who.id, next) }, t(`make-${next}`))));
  };
  const draw = () => list.replaceChildren(...[...store.state.people, ...store.state.bots].map(row));
  draw();
  openDialog({ title: `${store.chat(chatId)?.title}: ${t("members")}`, testid: "members-dialog", body: () => list });
}

/** Asks for the group of a `?startgroup=` link; `done(chatId)` runs with the choice. */
export function groupDialog(bot, personId, done) {
  const groups = store.state.chats.filter((one) => one.type.endsWith("group") && store.isMember(one.id, personId));
  openDialog({
    title: t("addToGroup", { bot: bot.name }), testid: "group-dialog",
    body: (close) => h("div", { class: "choices" },
      groups.map((one) => h("button", { type: "button", class: "choice", testid: `choose-${one.id}`, onclick: () => { close(); done(one.id); } }, avatar(one.title, one.id), one.title)),
      h("button", { type: "button", class: "ghost", onclick: () => { close(); chatDialog({ botId: bot.id, personId }, (chat) => done(chat.id)); } }, t("newChat"))),
  });
}

export const confirmDialog = (title, text, run) => openDialog({
  title, testid: "confirm",
  body: (close) => [h("p", {}, text), h("div", { class: "actions" },
    h("button", { type: "button", class: "ghost", onclick: close }, t("cancel")),
    h("button", { type: "button", class: "primary danger", testid: "confirm-ok", onclick: () => { close(); run(); } }, t("confirm")))],
});

