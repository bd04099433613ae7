// The BotFather panel: bots, their tokens, new ones, new tokens.
import * as api from "./api.js";
import { confirmDialog, field, form } from "./dialogs.js";
import { attempt, avatar, copyText, h, iconButton, notice, openDialog } from "./dom.js";
import { t } from "./i18n.js";
import * as store from "./store.js";

export function botFatherDialog(select) {
  const list = h("ul", { class: "bots" });
  const draw = () => list.replaceChildren(...store.state.bots.map((one) => botRow(one, select, refresh)));
  const refresh = () => attempt(async () => { await store.reload("bots"); draw(); });
  refresh();
  openDialog({
    title: "BotFather", testid: "botfather-dialog", wide: true,
    body: () => [h("p", { class: "muted" }, t("botFatherText")), list, newBot(async (made) => {
      await refresh();
      list.querySelector(`[data-testid="bot-${made.id}"]`)?.scrollIntoView({ block: "nearest" });
      notice(t("botCreated", { bot: made.name }));
    })],
  });
}

function botRow(bot, select, refresh) {
  const revoke = () => confirmDialog(t("revoke"), t("revokeText", { bot: bot.name }), () => attempt(async () => {
    await api.revokeToken(bot.id);
    await refresh();
  }));
  return h("li", { testid: `bot-${bot.id}` }, avatar(bot.name, bot.id, "bot"),
    h("div", { class: "bot-main" },
      h("div", { class: "bot-title" }, h("strong", {}, bot.name), h("small", {}, `@${bot.username} · ${bot.id}`)),
      h("div", { class: "token" }, h("code", { testid: "token" }, bot.token), iconButton("copy", t("copyToken", { bot: bot.name }), () => copyText(bot.token), { testid: "copy-token" })),
      h("small", { class: connected(bot) ? "fine" : "silent" }, connection(bot))),
    h("div", { class: "bot-actions" },
      h("button", { type: "button", class: "ghost small", onclick: (event) => { event.target.closest("dialog").close(); select(bot.id); } }, t("openChat")),
      h("button", { type: "button", class: "ghost small danger", testid: "revoke", onclick: revoke }, t("revoke"))));
}

const connected = (bot) => Boolean(bot.webhook?.url || bot.polling);

function connection(bot) {
  if (!bot.webhook?.url) return bot.polling ? t("polling") : t("noWebhook");
  const parts = [`${t("webhook")}: ${bot.webhook.url}`];
  if (bot.webhook.pending) parts.push(t("pending", { count: bot.webhook.pending }));
  if (bot.webhook.pending && bot.webhook.last_error) parts.push(bot.webhook.last_error);
  return parts.join(" · ");
}

function newBot(done) {
  const name = h("input", { type: "text", required: true, maxlength: "64", testid: "bot-name", autocomplete: "off" });
  const username = h("input", { type: "text", pattern: "[A-Za-z][A-Za-z0-9_]{1,28}[Bb][Oo][Tt]", testid: "bot-username", autocomplete: "off" });
  const element = form(t("createBot"), [h("h3", {}, t("newBot")), h("div", { class: "pair" }, field(t("name"), name), field(t("username"), username, t("botUsernameHint")))], async () => {
    const made = await api.createBot({ name: name.value.trim(), ...(username.value ? { username: username.value } : {}) });
    element.reset();
    await done(made);
  });
  return element;
}
