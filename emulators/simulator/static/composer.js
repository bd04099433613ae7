// Where the person writes: text, photo, reply, command suggestions, the bot's menu.
import * as api from "./api.js";
import { attempt, h, iconButton, notice } from "./dom.js";
import { t } from "./i18n.js";
import * as store from "./store.js";
import { senderName, summary } from "./message.js";

const PHOTO_LIMIT = 10 * 1024 * 1024;
const drafts = new Map();

export class Composer {
  /** `place` = {botId, personId, chatId}; `onsent` runs after a message went out. */
  constructor(place, { onsent, onkeyboard }) {
    Object.assign(this, { place, onsent, photo: null, replyTo: null, commands: [], chosen: -1 });
    this.key = `${place.botId}:${place.personId}:${place.chatId}`;
    this.listId = `commands-${this.key}-${Math.random().toString(36).slice(2, 7)}`;
    this.build(onkeyboard);
    this.loadCommands();
  }

  build(onkeyboard) {
    this.input = h("textarea", {
      rows: "1", testid: "composer", placeholder: t("writeMessage"), "aria-label": t("writeMessage"), maxlength: "4096", dir: "auto",
      "aria-autocomplete": "list", "aria-controls": this.listId,
      value: drafts.get(this.key) || "", oninput: () => this.changed(), onkeydown: (event) => this.keydown(event), onpaste: (event) => this.pasted(event),
      onblur: () => setTimeout(() => { if (!this.element.contains(document.activeElement)) this.hideCommands(); }, 150),
    });
    this.file = h("input", { type: "file", accept: "image/*", hidden: true, testid: "photo-file", "aria-label": t("attachPhoto"), onchange: () => this.attach(this.file.files[0]) });
    this.list = h("ul", { class: "commands", role: "listbox", id: this.listId, hidden: true, testid: "commands-menu", "aria-label": t("commands") });
    this.menu = h("button", { type: "button", class: "bot-menu", testid: "bot-menu", hidden: true, "aria-label": t("commands"), "aria-expanded": "false", onclick: () => this.toggleMenu() }, t("menu"));
    this.keyboardToggle = iconButton("keyboard", t("toggleKeyboard"), onkeyboard, { testid: "toggle-keyboard", hidden: true });
    this.extras = h("div", { class: "extras" });
    this.sendButton = iconButton("send", t("send"), () => this.submit(), { class: "icon-button send", testid: "send" });
    this.element = h("div", { class: "composer" }, this.list, this.extras, h("div", { class: "composer-row" },
      this.menu, iconButton("attach", t("attachPhoto"), () => this.file.click(), { testid: "attach" }), this.file, this.input, this.keyboardToggle, this.sendButton));
    queueMicrotask(() => this.grow());
  }

  async loadCommands() {
    const { botId, personId, chatId } = this.place;
    const language = store.person(personId)?.language_code;
    this.commands = (await attempt(() => api.commands(botId, chatId, personId, language))) || [];
    this.menu.hidden = this.commands.length === 0;
    if (!this.list.hidden) this.changed();
  }

  changed() {
    drafts.set(this.key, this.input.value);
    this.grow();
    const word = /^\/(\w*)$/.exec(this.input.value);
    const found = word ? this.commands.filter((one) => one.command.startsWith(word[1].toLowerCase())) : [];
    this.showCommands(found);
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 180)}px`;
  }

  showCommands(found) {
    this.chosen = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...found.map((one, i) => h("li", {
      role: "option", id: `${this.listId}-${i}`, "aria-selected": "false", testid: `command-${one.command}`,
      onpointerdown: (event) => event.preventDefault(), onclick: () => this.runCommand(one.command),
    }, h("strong", {}, `/${one.command}`), h("span", {}, one.description))));
    this.list.hidden = found.length === 0;
    this.menu.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  hideCommands() {
    this.showCommands([]);
  }

  toggleMenu() {
    if (this.list.hidden) {
      this.showCommands(this.commands);
      this.input.focus();
    } else this.hideCommands();
  }

  choose(step) {
    const options = Array.from(this.list.children);
    options[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = (this.chosen + step + options.length + (this.chosen < 0 && step < 0 ? 1 : 0)) % options.length;
    const option = options[this.chosen];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  keydown(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const open = !this.list.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && (open || this.replyTo || this.photo)) {
      event.stopPropagation();
      if (open) this.hideCommands();
      else this.clearExtras();
    } else if (event.key === "Tab" && open && this.chosen >= 0) {
      event.preventDefault();
      this.input.value = this.list.children[this.chosen].querySelector("strong").textContent + " ";
      this.changed();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (open && this.chosen >= 0) this.list.children[this.chosen].click();
      else this.submit();
    }
  }

  runCommand(name) {
    this.hideCommands();
    this.input.value = "";
    this.changed();
    const suffix = this.place.chatId < 0 ? `@${store.bot(this.place.botId)?.username}` : "";
    this.sendText(`/${name}${suffix}`);
  }

  pasted(event) {
    const file = Array.from(event.clipboardData?.files || []).find((one) => one.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    this.attach(file);
  }

  attach(file) {
    if (!file) return;
    if (file.size > PHOTO_LIMIT) notice(t("photoTooBig"), "error");
    else this.photo = file;
    this.file.value = "";
    this.renderExtras();
    this.input.focus();
  }

  reply(message) {
    this.replyTo = message;
    this.renderExtras();
    this.input.focus();
  }

  placeholder(text) {
    this.input.placeholder = text || t("writeMessage");
  }

  clearExtras() {
    this.photo = null;
    this.replyTo = null;
    this.renderExtras();
  }

  renderExtras() {
    const cards = [];
    if (this.replyTo) {
      cards.push(h("div", { class: "extra", testid: "replying" }, h("div", { class: "extra-text" },
        h("strong", {}, t("replyTo", { who: senderName(this.replyTo) })), h("span", {}, summary(this.replyTo))),
      iconButton("close", t("cancelReply"), () => { this.replyTo = null; this.renderExtras(); })));
    }
    if (this.photo) {
      const address = URL.createObjectURL(this.photo);
      cards.push(h("div", { class: "extra", testid: "attached" }, h("img", { src: address, alt: "", onload: () => URL.revokeObjectURL(address) }),
        h("div", { class: "extra-text" }, h("strong", {}, t("photo")), h("span", {}, this.photo.name)),
        iconButton("close", t("removePhoto"), () => { this.photo = null; this.renderExtras(); })));
    }
    this.extras.replaceChildren(...cards);
  }

  async submit() {
    const text = this.input.value.trim();
    if (!text && !this.photo) return;
    if (await this.sendText(text, this.photo)) {
      this.input.value = "";
      this.changed();
    }
    this.input.focus();
  }

  /** Sends for the person; returns whether it went out. */
  async sendText(text, photo) {
    const { botId, personId, chatId } = this.place;
    const body = { bot_id: botId, chat_id: chatId, from_id: personId, ...(text ? { text } : {}) };
    if (photo) body.photo = await base64(photo);
    if (this.replyTo) body.reply_to = this.replyTo.message_id;
    const message = await attempt(() => api.send(body));
    if (!message) return false;
    this.clearExtras();
    if (!store.state.online) await attempt(() => store.load(botId, chatId, true));
    this.onsent();
    return true;
  }
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}

