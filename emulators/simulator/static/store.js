// What the page knows: bots, people, chats, conversations. Views subscribe to changes.
import * as api from "./api.js";

export const state = { bots: [], people: [], chats: [], online: true };
const threads = new Map();
const keyboards = new Map();
const unread = new Map();
const BLOCKS = "simulator.blocks";
const listeners = new Set();
const GONE = new Set(["left", "kicked"]);

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function emit(kind, detail) {
  for (const listener of [...listeners]) listener({ ...detail, kind });
}

export async function reload(...names) {
  await Promise.all(names.map(async (name) => { state[name] = await api[name](); }));
  for (const name of names) emit(name);
}

export const bot = (id) => state.bots.find((one) => one.id === id);
export const botByName = (name) => state.bots.find((one) => String(one.id) === name || one.username?.toLowerCase() === name.toLowerCase());
export const person = (id) => state.people.find((one) => one.id === id);
export const chat = (id) => state.chats.find((one) => one.id === id);
export const isPrivate = (id) => id > 0;
export const fullName = (who) => [who?.first_name, who?.last_name].filter(Boolean).join(" ");

/** Groups and channels the bot is or was in. */
export const chatsOf = (botId) => state.chats.filter((one) => one.type !== "private" && one.members.some((member) => member.user_id === botId));

/** The member status of a user ("left" for a stranger). */
export function status(chatId, userId) {
  return chat(chatId)?.members.find((member) => member.user_id === userId)?.status || "left";
}

export const isMember = (chatId, userId) => !GONE.has(status(chatId, userId));
export const isAdmin = (chatId, userId) => ["creator", "administrator"].includes(status(chatId, userId));

const blocks = () => JSON.parse(localStorage.getItem(BLOCKS) || "[]");

/** The control API does not tell who blocked whom, so the page remembers it. */
export const isBlocked = (botId, personId) => blocks().includes(`${botId}:${personId}`);

function noteBlocked(botId, personId, value) {
  const others = blocks().filter((one) => one !== `${botId}:${personId}`);
  localStorage.setItem(BLOCKS, JSON.stringify(value ? [...others, `${botId}:${personId}`] : others));
  emit("blocks", { bot_id: botId, user_id: personId });
}

export async function setBlocked(botId, personId, value) {
  await api.block(botId, personId, value);
  noteBlocked(botId, personId, value);
}

/** Groups and channels are one conversation for all bots, a private chat belongs to one bot. */
export const threadKey = (botId, chatId) => (isPrivate(chatId) ? `${botId}:${chatId}` : `0:${chatId}`);

function thread(botId, chatId) {
  const key = threadKey(botId, chatId);
  if (!threads.has(key)) threads.set(key, { botId, chatId, loaded: false, loading: null, messages: new Map(), meanwhile: new Map() });
  return threads.get(key);
}

/** The visible messages, oldest first. */
export function messages(botId, chatId) {
  return [...thread(botId, chatId).messages.values()].filter((one) => !one.deleted).sort((a, b) => a.message_id - b.message_id);
}

export const message = (botId, chatId, id) => thread(botId, chatId).messages.get(id);
export const isLoaded = (botId, chatId) => thread(botId, chatId).loaded;
export const last = (botId, chatId) => messages(botId, chatId).at(-1);

/** Fetches a conversation once; `again` fetches it anew. */
export function load(botId, chatId, again) {
  const entry = thread(botId, chatId);
  if (entry.loaded && !again) return Promise.resolve();
  if (!entry.loading) {
    entry.loading = fetchThread(entry, botId, chatId).finally(() => { entry.loading = null; });
  }
  return entry.loading;
}

/** Events that come in while the list is under way are newer than the list. */
async function fetchThread(entry, botId, chatId) {
  entry.meanwhile = new Map();
  const list = await api.messages(botId, chatId);
  entry.messages = new Map(list.map((one) => [one.message_id, withKeyboard(botId, chatId, one)]));
  for (const [id, one] of entry.meanwhile) entry.messages.set(id, one);
  entry.loaded = true;
  emit("messages", { bot_id: botId, chat_id: chatId });
}

const keyboardKey = (botId, chatId, id) => `${threadKey(botId, chatId)}:${id}`;

/** Reply keyboards come as events of their own; here they join the message they came with. */
function withKeyboard(botId, chatId, one) {
  const markup = keyboards.get(keyboardKey(botId, chatId, one.message_id));
  return markup ? { ...one, reply_markup: markup } : one;
}

/** Notes a reply keyboard, its removal or a forced reply. */
export function noteKeyboard({ bot_id: botId, chat_id: chatId, message_id: id, markup }) {
  keyboards.set(keyboardKey(botId, chatId, id), markup);
  const one = thread(botId, chatId).messages.get(id);
  if (one) upsert(botId, chatId, one);
}

/** Stores a message; returns whether it was unknown before. */
function upsert(botId, chatId, one) {
  const entry = thread(botId, chatId);
  const known = entry.messages.has(one.message_id);
  const whole = withKeyboard(botId, chatId, one);
  entry.messages.set(one.message_id, whole);
  if (entry.loading) entry.meanwhile.set(one.message_id, whole);
  emit("messages", { bot_id: botId, chat_id: chatId });
  return !known;
}

const unreadKey = (botId, personId, chatId) => `${isPrivate(chatId) ? botId : 0}:${personId}:${chatId}`;
export const unreadOf = (botId, personId, chatId) => unread.get(unreadKey(botId, personId, chatId)) || 0;

export function clearUnread(botId, personId, chatId) {
  if (unread.delete(unreadKey(botId, personId, chatId))) emit("unread");
}

/** Everything unread of one person with one bot. */
export function unreadTotal(botId, personId) {
  let total = 0;
  for (const [key, count] of unread) {
    const [owner, reader, chatId] = key.split(":").map(Number);
    const seen = owner === botId || (owner === 0 && status(chatId, botId) !== "left");
    if (reader === personId && seen) total += count;
  }
  return total;
}

function countUnread(botId, chatId, fromId) {
  const readers = isPrivate(chatId) ? [chatId] : (chat(chatId)?.members || []).filter((one) => !GONE.has(one.status)).map((one) => one.user_id);
  for (const reader of readers) {
    if (reader === fromId) continue;
    if (!person(reader)) continue;
    const key = unreadKey(botId, reader, chatId);
    unread.set(key, (unread.get(key) || 0) + 1);
  }
  emit("unread");
}

const IN_THREAD = new Set(["message", "edited", "deleted", "pinned"]);

/** Applies one event of the stream. */
export function apply(event) {
  if (event.kind === "keyboard") noteKeyboard(event);
  else if (IN_THREAD.has(event.kind)) applyToThread(event);
  else emit(event.kind, event);
}

function applyToThread(event) {
  const { bot_id: botId, chat_id: chatId, kind } = event;
  const news = [];
  if (!isPrivate(chatId) && (!chat(chatId) || changesMembers(event.message))) news.push("chats");
  if (isPrivate(chatId) && !person(chatId)) news.push("people");
  if (!bot(botId)) news.push("bots");
  if (news.length) reload(...news).catch(() => {});
  const fresh = upsert(botId, chatId, kind === "deleted" ? { ...event.message, deleted: true } : event.message);
  if (event.message.from?.id === chatId && isBlocked(botId, chatId)) noteBlocked(botId, chatId, false);
  if (kind === "edited") emit("reworded", event);
  if (kind !== "message" || !fresh) return;
  countUnread(botId, chatId, event.message.from?.id);
  emit("arrived", event);
}

const changesMembers = (one) => Boolean(one && (one.new_chat_members || one.left_chat_member || one.migrate_to_chat_id || one.new_chat_title));

/** After a gap in the stream: everything that is shown is fetched anew. */
export async function resync() {
  await reload("bots", "people", "chats");
  const opened = [...threads.values()].filter((entry) => entry.loaded);
  await Promise.all(opened.map((entry) => load(entry.botId, entry.chatId, true)));
}
