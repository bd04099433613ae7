"""What the audit page calls the acts on bots."""

from django.utils.translation import gettext_lazy as _

LABELS = {
    "bot.connected": _("Bot connected"),
    "bot.enabled": _("Bot switched on"),
    "bot.disabled": _("Bot switched off"),
    "bot.changed": _("Bot settings changed"),
    "bot.token_replaced": _("Bot token replaced"),
    "bot.deleted": _("Bot deleted"),
    "update.replayed": _("Update replayed"),
    "messages.retried": _("Messages sent again"),
    "messages.cancelled": _("Messages cancelled"),
    "staff.linked": _("Telegram account linked"),
    "channel.created": _("Notification channel added"),
    "channel.changed": _("Notification channel changed"),
    "channel.deleted": _("Notification channel deleted"),
    "broadcast.started": _("Broadcast started"),
    "broadcast.paused": _("Broadcast paused"),
    "broadcast.resumed": _("Broadcast resumed"),
    "broadcast.cancelled": _("Broadcast cancelled"),
}
