// The control API of the Telegram emulator, and its stream of events.
import { t } from "./i18n.js";

const BASE = new URL("../telegram/control", document.baseURI).pathname;

async function request(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(BASE + path, options).catch(() => { throw new Error(t("noEmulator")); });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `${response.status} ${response.statusText}`);
  return answer;
}

const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));

export const bots = () => request("GET", "/bots").then((answer) => answer.bots);
export const createBot = (bot) => request("POST", "/bots", bot);
export const revokeToken = (id) => request("POST", `/bots/${id}/revoke`, {});
export const people = () => request("GET", "/people").then((answer) => answer.people);
export const createPerson = (person) => request("POST", "/people", person);
export const chats = () => request("GET", "/chats").then((answer) => answer.chats);
export const createChat = (chat) => request("POST", "/chats", chat);
export const setMember = (chatId, userId, status) => request("POST", `/chats/${chatId}/members`, { user_id: userId, status });
export const migrate = (chatId) => request("POST", `/chats/${chatId}/migrate`, {});
export const send = (message) => request("POST", "/messages", message);
export const press = (what) => request("POST", "/presses", what);
export const block = (botId, userId, blocked) => request("POST", "/blocks", { bot_id: botId, user_id: userId, blocked });
export const start = (botId, userId, payload) => request("POST", "/start", { bot_id: botId, user_id: userId, ...(payload ? { payload } : {}) });
export const fileAddress = (fileId) => `${BASE}/files/${encodeURIComponent(fileId)}`;
export const messages = (botId, chatId) => request("GET", `/messages?${query({ bot_id: botId, chat_id: chatId })}`).then((answer) => answer.messages);
export const commands = (botId, chatId, personId, language) => request("GET", `/commands?${query({ bot_id: botId, chat_id: chatId, user_id: personId, language})}`).then((answer) => answer.commands);
const poll = (after) => request("GET", `/events?${query({ after, poll: 1 })}`);


/** Server-sent events that survive restarts; `onlost` and `onback` frame a time without a stream. */
export class EventStream {
  constructor({ onevent, onlost, onback }) {
    Object.assign(this, { onevent, onlost, onback, after: 0, wait: 500, lost: false, source: null });
  }

  /** Lists loaded after this call miss nothing; returns what the emulator still remembers. */
  async open() {
    const { events, seq } = await poll(0);
    this.after = seq;
    this.connect();
    return events;
  }

  connect() {
    this.source = new EventSource(`${BASE}/events?after=${this.after}`);
    this.source.onmessage = (event) => this.receive(JSON.parse(event.data));
    this.source.onopen = () => { this.wait = 500; };
    this.source.onerror = () => this.retry();
  }

  receive(event) {
    if (event.seq <= this.after) return;
    this.after = event.seq;
    this.onevent(event);
  }

  retry() {
    this.source.close();
    if (!this.lost) this.onlost();
    this.lost = true;
    setTimeout(() => this.again(), this.wait);
    this.wait = Math.min(this.wait * 2, 5000);
  }

  /** After a restart the numbering may have begun anew, so it is asked for. */
  async again() {
    try {
      this.after = (await poll(Number.MAX_SAFE_INTEGER)).seq;
    } catch {
      this.retry();
      return;
    }
    this.lost = false;
    this.connect();
    this.onback();
  }
}
