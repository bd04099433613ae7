"""What came in: updates taken, updates that failed, counts by day."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.bot import Bot
from tenants.models import TenantOwned


class Receipt(TenantOwned):
    """An update that was taken, with the answer it got; a repeat gets that answer again.

    Written in the handler's own transaction. Kept 48 hours: Telegram repeats for at most 24.
    """

    # The busiest table: one row an update, so no foreign key is checked and no id is kept.
    pk = models.CompositePrimaryKey("bot_id", "update_id")
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    bot_id = models.BigIntegerField()
    update_id = models.BigIntegerField()
    # JSON of the Bot API call that travelled in the webhook's response; empty: none did
    answer = models.TextField(default="")
    # put aside after failing: stands in the way of a repeat, and a replay makes it a real receipt
    is_parked = models.BooleanField(default=False, db_default=False)
    received_at = models.DateTimeField(db_index=True)

    class Meta(TenantOwned.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.bot_id}/{self.update_id}"


class FailedUpdate(TenantOwned):
    """An update whose handler raised; at the third try it is parked until somebody replays it."""

    class State(models.TextChoices):
        """What becomes of it."""

        FAILING = "failing", _("will be tried again")
        PARKED = "parked", _("parked")
        DONE = "done", _("done")

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="failed_updates")
    update_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    # the update as it came: holds what people wrote, so it goes with the receipt's retention
    update = models.JSONField()
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300)
    traceback = models.TextField()
    state = models.CharField(max_length=8, choices=State, default=State.FAILING)
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        verbose_name = _("failed update")
        verbose_name_plural = _("failed updates")
        constraints = [
            models.UniqueConstraint(fields=["bot", "update_id"], name="failure_once_per_update")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.update_id}: {self.error}"


class DayCount(TenantOwned):
    """A bot's traffic of one UTC day, recounted from the rows behind it (services/counts.py)."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="day_counts")
    day = models.DateField()
    updates = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    new_people = models.PositiveIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["bot", "day"], name="count_once_per_day")]

    def __str__(self) -> str:
        return f"{self.bot_id} {self.day}"
