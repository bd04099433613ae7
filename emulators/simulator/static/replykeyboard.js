// The keyboard a bot puts under the composer.
import { h, notice } from "./dom.js";
import { t } from "./i18n.js";

/** The reply markup in force: the bot's newest keyboard, unless it was removed afterwards. */
export function keyboardInForce(messages) {
  for (let i = messages.length - 1; i >= 0; i -= 1) {
    const markup = messages[i].reply_markup;
    if (markup?.keyboard) return { markup, message: messages[i] };
    if (markup?.remove_keyboard) return null;
  }
  return null;
}

/** The newest message, if it asks for a reply. */
export function forcedReply(messages) {
  const newest = messages.at(-1);
  return newest?.reply_markup?.force_reply ? newest : null;
}

/** Builds the keyboard; `send(text)` runs for a plain button. */
export function replyKeyboard(markup, send) {
  return h("div", { class: "reply-keyboard", role: "group", "aria-label": t("replyKeyboard"), testid: "reply-keyboard" },
    markup.keyboard.map((row, r) => h("div", { class: "row" }, row.map((button, c) => key(button, `reply-${r}-${c}`, send)))));
}

function key(button, testid, send) {
  const label = typeof button === "string" ? button : button.text;
  const special = typeof button === "object" && Object.keys(button).some((name) => name.startsWith("request_") || name === "web_app");
  const onclick = () => (special ? notice(t("notSimulated")) : send(label));
  return h("button", { type: "button", testid, class: button.style ? `reply-button style-${button.style}` : "reply-button", onclick }, label);
}
