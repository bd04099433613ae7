"""What operators see of traffic: updates that failed, messages, broadcasts."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest  # noqa: TID251 - pages of the admin
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.enums import ActionVariant

from bots.models import Broadcast, FailedUpdate, OutboxMessage
from bots.replay import replay
from bots.services import cancelling, retrying
from tenants import admin_display as show
from tenants.admin_base import Operation, ReadOnlyAdmin
from tenants.admin_filters import BY_STATE, OF_BOT, OF_TENANT, within
from tenants.redaction import struck
from tenants.scoping import scope
from tenants.services import audit
from tenants.services.audit import Actor


def _replay(request: HttpRequest, failed: FailedUpdate) -> bool:
    if failed.state != FailedUpdate.State.PARKED:
        return False
    actor = Actor.from_request(request)
    worked = replay(failed)
    with scope(failed.tenant_id):
        audit.record(
            "update.replayed",
            actor=actor,
            target=failed.bot,
            update_id=failed.update_id,
            worked=worked,
        )
    return worked


@admin.register(FailedUpdate)
class FailedUpdateAdmin(ReadOnlyAdmin):
    """Updates whose handler raised; those that are parked can be run again."""

    operations = (
        Operation(
            name="replay",
            label=_("Run again"),
            question=_("The update runs as if Telegram delivered it now."),
            icon="replay",
            variant=ActionVariant.PRIMARY,
            run=_replay,
            fits=lambda failed: failed.state == FailedUpdate.State.PARKED,
            done=ngettext_lazy(
                "%(count)d update went through this time.",
                "%(count)d updates went through this time.",
                "count",
            ),
            left=ngettext_lazy(
                "%(count)d update did not go through: it failed again, or was not parked.",
                "%(count)d updates did not go through: they failed again, or were not parked.",
                "count",
            ),
        ),
    )
    related = ("tenant", "bot")
    number_fields = ("update_id",)
    list_display = (
        "update_id",
        "kind",
        "bot",
        "tenant",
        "state_label",
        "attempts",
        "short_error",
        "last_at",
    )
    list_filter = (BY_STATE, OF_TENANT, OF_BOT)
    search_fields = ("error", "kind", "bot__username")
    date_hierarchy = "last_at"
    ordering = ("-pk",)
    fields = (
        "bot",
        "tenant",
        "update_id",
        "kind",
        "state",
        "attempts",
        "first_at",
        "last_at",
        "whole_error",
        "content",
        "trace",
    )
    state_label = show.state_column()
    short_error = show.text_column("error", _("error"))
    whole_error = show.text_column("error", _("error"), length=400)
    content = show.json_column("update", _("update"))
    trace = show.block_column("traceback", _("traceback"))


def _retry(request: HttpRequest, message: OutboxMessage) -> bool:
    actor = Actor.from_request(request)
    with scope(message.tenant_id):
        count = retrying.retry(message.bot, now=timezone.now(), only=[message.pk])
        if count:
            audit.record(
                "messages.retried",
                actor=actor,
                target=message.bot,
                count=count,
                message=message.pk,
            )
    return bool(count)


def _cancel(request: HttpRequest, message: OutboxMessage) -> bool:
    actor = Actor.from_request(request)
    with scope(message.tenant_id):
        count = cancelling.cancel(message.bot, only=[message.pk])
        if count:
            audit.record(
                "messages.cancelled",
                actor=actor,
                target=message.bot,
                count=count,
                message=message.pk,
            )
    return bool(count)


RETRY = Operation(
    name="retry",
    label=_("Send again"),
    question=_("The message waits for the sender again, as if it were new."),
    icon="send",
    variant=ActionVariant.PRIMARY,
    run=_retry,
    fits=lambda message: message.state == OutboxMessage.State.FAILED,
    done=ngettext_lazy(
        "%(count)d message is on its way again.",
        "%(count)d messages are on their way again.",
        "count",
    ),
    left=ngettext_lazy(
        "%(count)d message had not failed.", "%(count)d messages had not failed.", "count"
    ),
)
CANCEL = Operation(
    name="cancel",
    label=_("Cancel"),
    question=_("The message will not be sent."),
    icon="cancel",
    variant=ActionVariant.DANGER,
    run=_cancel,
    fits=lambda message: message.state in cancelling.OPEN,
    done=ngettext_lazy(
        "%(count)d message is cancelled.", "%(count)d messages are cancelled.", "count"
    ),
    left=ngettext_lazy(
        "%(count)d message is sent or being sent.",
        "%(count)d messages are sent or being sent.",
        "count",
    ),
)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Bot API calls: waiting, sent, given up."""

    operations = (RETRY, CANCEL)
    related = ("tenant", "bot")
    number_fields = ("chat_id", "id")
    list_display = (
        "created_at",
        "bot",
        "tenant",
        "method",
        "said",
        "state_label",
        "attempts",
        "short_error",
    )
    list_filter = (
        BY_STATE,
        OF_TENANT,
        OF_BOT,
        ("priority", ChoicesDropdownFilter),
        within("created_at", _("created at")),
    )
    search_fields = ("error", "method", "bot__username")
    ordering = ("-pk",)
    sortable_by = ()
    fields = (
        "bot",
        "tenant",
        "method",
        "chat_id",
        "state",
        "priority",
        "attempts",
        "whole_error",
        "created_at",
        "due_at",
        "sent_at",
        "message_id",
        "slot",
        "broadcast",
        "content",
    )
    state_label = show.state_column()
    short_error = show.text_column("error", _("error"), length=60)
    whole_error = show.text_column("error", _("error"), length=400)
    content = show.json_column("params", _("parameters"))

    @admin.display(description=_("text"))
    def said(self, message: OutboxMessage) -> str:
        """The start of what it says."""
        said = str(message.params.get("text") or message.params.get("caption") or "")
        text = " ".join(strip_tags(struck(said)).split())
        return text if len(text) <= 60 else f"{text[:59]}…"


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnlyAdmin):
    """Messages to all people of a bot; tenants pause and cancel them themselves."""

    related = ("tenant", "bot", "created_by")
    list_display = (
        "short_text",
        "bot",
        "tenant",
        "state_label",
        "total",
        "sent",
        "blocked",
        "failed",
        "created_at",
    )
    list_filter = (BY_STATE, OF_TENANT, OF_BOT)
    search_fields = ("text", "public_id", "bot__username")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fields = (
        "bot",
        "tenant",
        "whole_text",
        "state",
        "total",
        "sent",
        "blocked",
        "failed",
        "created_by",
        "created_at",
        "finished_at",
        "public_id",
    )
    state_label = show.state_column()
    short_text = show.text_column("text", _("text"), length=50)
    whole_text = show.block_column("text", _("text"))
