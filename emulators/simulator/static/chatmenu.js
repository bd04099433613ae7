// The menu in the header of a conversation.
import * as api from "./api.js";
import { membersDialog } from "./dialogs.js";
import { attempt } from "./dom.js";
import { t } from "./i18n.js";
import * as store from "./store.js";

/** What the person can do with the chat of a pane. */
export function menuItems(pane) {
  return pane.chat.type === "private" ? privateItems(pane) : groupItems(pane);
}

function privateItems(pane) {
  const { botId, personId } = pane.place;
  const blocked = store.isBlocked(botId, personId);
  const toggle = () => attempt(() => store.setBlocked(botId, personId, !blocked));
  return [
    { label: t("sendStart"), run: () => pane.start(), testid: "action-start" },
    { label: t(blocked ? "unblock" : "block"), danger: !blocked, run: toggle, testid: "action-block" },
  ];
}

function groupItems(pane) {
  const { personId } = pane.place;
  const { id, type } = pane.chat;
  const change = (action) => () => attempt(async () => {
    await action();
    await store.reload("chats");
  });
  const leave = { label: t("leave"), danger: true, run: change(() => api.setMember(id, personId, "left")), testid: "action-leave" };
  const join = { label: t("join"), run: change(() => api.setMember(id, personId, "member")), testid: "action-join" };
  return [
    { label: t("members"), run: () => membersDialog(id), testid: "action-members" },
    type === "group" && { label: t("makeSupergroup"), run: change(() => api.migrate(id)), testid: "action-migrate" },
    store.isMember(id, personId) ? leave : join,
  ];
}
