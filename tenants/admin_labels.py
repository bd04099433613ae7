"""What operators read above columns and lists whose models leave them unnamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

# field name -> label, wherever a model has a field of that name and gives it no verbose name
FIELDS = {
    "action": _("action"),
    "actor_kind": _("kind of actor"),
    "actor_name": _("actor"),
    "announced_at": _("announced at"),
    "at": _("time"),
    "attempts": _("attempts"),
    "beacon": _("beacon"),
    "blocked": _("blocked"),
    "blocked_at": _("blocked at"),
    "bot": _("bot"),
    "broadcast": _("broadcast"),
    "cancel_reason": _("reason"),
    "cancelled_at": _("cancelled at"),
    "channel": _("channel"),
    "chat_id": _("chat ID"),
    "checked_at": _("checked at"),
    "client_language": _("language of the app"),
    "committed_at": _("committed at"),
    "counted_at": _("counted at"),
    "created_at": _("created at"),
    "created_by": _("created by"),
    "drawn_at": _("drawn at"),
    "due_at": _("due at"),
    "entry": _("entry"),
    "entry_count": _("number of entries"),
    "entry_no": _("entry no."),
    "error": _("error"),
    "event": _("event"),
    "failed": _("failed"),
    "finished_at": _("finished at"),
    "first_at": _("first time"),
    "first_name": _("first name"),
    "frozen_at": _("frozen at"),
    "has_started": _("has started the bot"),
    "holder": _("holder"),
    "ip": _("IP address"),
    "is_admin": _("is admin"),
    "joined_at": _("joined at"),
    "kind": _("kind"),
    "language": _("language"),
    "last_at": _("last time"),
    "last_error": _("last error"),
    "last_name": _("last name"),
    "last_ok_at": _("last delivery"),
    "lottery": _("giveaway"),
    "message_id": _("message ID"),
    "method": _("method"),
    "name": _("name"),
    "number": _("number"),
    "object_id": _("object ID"),
    "object_name": _("object"),
    "object_type": _("kind of object"),
    "opened_at": _("opened at"),
    "person": _("person"),
    "position": _("place"),
    "prefix": _("prefix"),
    "priority": _("priority"),
    "prize": _("prize"),
    "public_id": _("public ID"),
    "reason": _("reason"),
    "record_hash": _("hash of the record"),
    "retry_at": _("tried again at"),
    "secret_sha256": _("hash of the secret"),
    "seen_at": _("last seen"),
    "sent": _("sent"),
    "sent_at": _("sent at"),
    "slot": _("slot"),
    "state": _("state"),
    "state_reason": _("reason"),
    "telegram_id": _("Telegram ID"),
    "tenant": _("tenant"),
    "text": _("text"),
    "ticket_end": _("last ticket"),
    "title": _("title"),
    "total": _("recipients"),
    "traceback": _("traceback"),
    "until": _("valid until"),
    "update_id": _("update ID"),
    "updated_at": _("updated at"),
    "user": _("user"),
    "username": _("user name"),
    "weight": _("weight"),
}
# model label -> one, many
MODELS = {
    "bots.notice": (_("notice"), _("notices")),
    "lottery.place": (_("drawn place"), _("drawn places")),
    "lottery.prize": (_("prize"), _("prizes")),
    "ovh_sniper.announced": (_("announcement"), _("announcements")),
    "ovh_sniper.configuration": (_("hardware configuration"), _("hardware configurations")),
    "ovh_sniper.ghoststock": (_("ghost stock"), _("ghost stock")),
    "ovh_sniper.stockinterval": (_("stock interval"), _("stock intervals")),
    "ovh_sniper.storedcatalogue": (_("price list"), _("price lists")),
    "ovh_sniper.storedplan": (_("plan"), _("plans")),
    "ovh_sniper.unwatched": (_("unwatched time"), _("unwatched times")),
    "tenants.heartbeat": (_("heartbeat"), _("heartbeats")),
    "tenants.lease": (_("lease"), _("leases")),
    "tenants.membership": (_("membership"), _("memberships")),
}


def apply(model: type[Model], own: Mapping[str, Any] | None = None) -> None:
    """Name what the model leaves unnamed; `own` are a product's words for its own fields.

    Migrations do not see it: they are written from what the class itself says.
    """
    known = {**FIELDS, **(own or {})}
    for field in model._meta.get_fields():
        if getattr(field, "_verbose_name", "") is None and field.name in known:
            field.verbose_name = known[field.name]  # type: ignore[union-attr]
    if model._meta.label_lower in MODELS and "verbose_name" not in model._meta.original_attrs:
        names = MODELS[model._meta.label_lower]
        model._meta.verbose_name, model._meta.verbose_name_plural = names
