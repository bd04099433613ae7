// The scrolling list of a conversation. Elements are kept as long as their message is the same.
import { h, iconButton } from "./dom.js";
import { day, t } from "./i18n.js";
import { messageItem, serviceText } from "./message.js";

const GROUP_SECONDS = 300;
const NEAR = 90;

export class Log {
  constructor(actions, toasts) {
    this.actions = actions;
    this.top = 0;
    this.items = new Map();
    this.sticky = true;
    this.list = h("ol", { class: "messages", testid: "messages" });
    this.jumpButton = iconButton("down", t("toNewest"), () => this.toBottom(), { class: "icon-button jump", hidden: true, testid: "jump" });
    this.scroller = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": t("messages"), onscroll: () => this.scrolled() }, this.list);
    this.scroller.addEventListener("load", () => this.keepBottom(), true);
    this.empty = h("div", { class: "empty-chat", hidden: true, testid: "empty-chat" });
    const sizes = new ResizeObserver(() => this.keepBottom());
    sizes.observe(this.scroller);
    sizes.observe(this.list);
    this.element = h("div", { class: "log" }, this.scroller, this.empty, this.jumpButton, toasts);
  }

  reset() {
    this.items.clear();
    this.list.replaceChildren();
    this.top = 0;
    this.toBottom();
  }

  /** What stands in an empty conversation; nothing hides it. */
  showEmpty(...content) {
    this.empty.hidden = content.length === 0;
    this.empty.replaceChildren(...content);
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.sticky = true;
    else if (scrollTop < this.top) this.sticky = false;
    this.top = scrollTop;
    this.jumpButton.hidden = this.sticky;
  }

  keepBottom() {
    if (this.sticky) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toBottom() {
    this.sticky = true;
    this.jumpButton.hidden = true;
    this.keepBottom();
  }

  /** Shows the messages as `place` = {personId, type} sees them; `find(id)` gives a quoted message. */
  update(messages, place, find) {
    const wanted = [];
    messages.forEach((message, i) => {
      const view = viewOf(message, messages[i - 1], messages[i + 1], place);
      if (view.newDay) wanted.push(this.item(`day-${view.newDay}`, view.newDay, () => h("li", { class: "day" }, h("span", {}, view.newDay))));
      view.replied = message.reply_to_message || find(message.reply_to_message_id || message.reply_to);
      wanted.push(this.item(`message-${message.message_id}`, JSON.stringify([message, view]), () => messageItem(message, view, this.actions)));
    });
    this.arrange(wanted);
    this.keepBottom();
  }

  item(key, signature, make) {
    const old = this.items.get(key);
    if (old?.signature === signature) return { key, ...old };
    return { key, signature, element: make(), old: old?.element };
  }

  arrange(wanted) {
    const keys = new Set(wanted.map((one) => one.key));
    for (const [key, { element }] of this.items) {
      if (keys.has(key)) continue;
      element.remove();
      this.items.delete(key);
    }
    let next = this.list.firstChild;
    for (const { key, signature, element, old } of wanted) {
      if (old) {
        if (next === old) next = element;
        swap(old, element);
      }
      if (next === element) next = element.nextSibling;
      else this.list.insertBefore(element, next);
      this.items.set(key, { signature, element });
    }
  }

  /** Scrolls to a message and marks it for a moment. */
  jump(id) {
    const element = this.items.get(`message-${id}`)?.element;
    if (!element) return;
    element.scrollIntoView({ block: "center", behavior: "smooth" });
    element.focus({ preventScroll: true });
    element.classList.add("flash");
    setTimeout(() => element.classList.remove("flash"), 1600);
  }
}

/** Replaces an element and keeps the keyboard focus on the same control. */
function swap(old, element) {
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
  element.classList.add("still");
  old.replaceWith(element);
  if (focused) (element.dataset.testid === focused ? element : element.querySelector(`[data-testid="${focused}"]`))?.focus();
}

function viewOf(message, before, after, place) {
  const mine = message.from?.id === place.personId && place.type !== "channel";
  const first = !together(before, message);
  return {
    mine, first, last: !together(message, after),
    named: place.type !== "private" && !mine && first,
    pictured: place.type !== "private" && place.type !== "channel" && !mine,
    newDay: before && day(before.date) === day(message.date) ? null : day(message.date),
  };
}

function together(one, two) {
  return Boolean(one && two && one.from?.id === two.from?.id && two.date - one.date < GROUP_SECONDS
    && day(one.date) === day(two.date) && !serviceText(one) && !serviceText(two));
}
