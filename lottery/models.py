"""Giveaways, who joined them, and what was drawn."""

from __future__ import annotations

import zoneinfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models import Bot, Chat, Person
from tenants.fields import EncryptedTextField
from tenants.ids import public_id
from tenants.models import TenantOwned

MAX_TITLE = 200
MAX_TEXT = 3000
MAX_PRIZES = 10_000
MAX_RESERVES = 100


class Lottery(TenantOwned):
    """One giveaway: draft -> scheduled -> open -> frozen -> drawn -> announced -> closed.

    A draft whose start has come goes straight to open; everything before frozen can be cancelled.
    """

    class State(models.TextChoices):
        """Where it stands; each step is one conditional UPDATE."""

        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("upcoming")
        OPEN = "open", _("running")
        FROZEN = "frozen", _("drawing")
        DRAWN = "drawn", _("drawn")
        ANNOUNCED = "announced", _("finished")
        CLOSED = "closed", _("closed")
        CANCELLED = "cancelled", _("cancelled")

    # what people of the bot may see, and where a drawn result can be read
    PUBLIC = (
        State.SCHEDULED,
        State.OPEN,
        State.FROZEN,
        State.DRAWN,
        State.ANNOUNCED,
        State.CLOSED,
        State.CANCELLED,
    )
    DECIDED = (State.DRAWN, State.ANNOUNCED, State.CLOSED)

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    # gap-free in the tenant, also for cancelled ones: a draw silently dropped would show
    number = models.PositiveIntegerField(editable=False)
    bot = models.ForeignKey(
        Bot, on_delete=models.CASCADE, related_name="lotteries", verbose_name=_("bot")
    )
    title = models.CharField(_("title"), max_length=MAX_TITLE)
    text = models.TextField(_("text"), max_length=MAX_TEXT, blank=True)
    image = models.ImageField(_("picture"), upload_to="lottery/", blank=True)
    # empty while a draft: it then starts when it is published
    starts_at = models.DateTimeField(_("start"), null=True, blank=True)
    ends_at = models.DateTimeField(_("end"))
    time_zone = models.CharField(_("time zone"), max_length=64)
    chat = models.ForeignKey(
        Chat,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="lotteries",
        verbose_name=_("post in"),
    )
    reserves = models.PositiveSmallIntegerField(
        _("reserve winners"), default=0, validators=[MaxValueValidator(MAX_RESERVES)]
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT)
    # committed to before anybody joins, revealed with the result (services/fairdraw.py)
    secret = EncryptedTextField(editable=False)
    secret_sha256 = models.CharField(max_length=64, editable=False)
    # as last counted (services/cards.py), exact from the freeze on: a counter that every join
    # updates would make all joins wait for each other
    entry_count = models.PositiveIntegerField(default=0, editable=False)
    counted_at = models.DateTimeField(null=True, editable=False)
    # the clock's work on this row: held by a worker, or failed and not tried again, until then
    retry_at = models.DateTimeField(null=True, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancel_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("giveaway")
        verbose_name_plural = _("giveaways")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="lottery_number_once"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="lottery_ends_later"
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "ends_at"],
                name="lottery_due",
                condition=models.Q(state__in=["scheduled", "open", "frozen", "drawn"]),
            ),
            models.Index(fields=["bot", "state"], name="lottery_of_bot"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_decided(self) -> bool:
        """Whether the winners are known."""
        return self.state in self.DECIDED

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone in which its times are told, UTC where this machine does not know it."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return zoneinfo.ZoneInfo("UTC")

    @property
    def deep_link(self) -> str:
        """The address that opens this giveaway in the bot's private chat."""
        return f"https://t.me/{self.bot.username}?start=g_{self.public_id}"

    @property
    def card_slot(self) -> str:
        """The name under which the outbox remembers the card in the chat."""
        return f"lottery:{self.pk}:card"


class Prize(TenantOwned):
    """A kind of prize and how many there are; tier 1 is the best."""

    lottery = models.ForeignKey(Lottery, on_delete=models.CASCADE, related_name="prizes")
    tier = models.PositiveSmallIntegerField(_("tier"), default=1)
    name = models.CharField(_("prize"), max_length=120)
    count = models.PositiveIntegerField(
        _("how many"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_PRIZES)],
    )

    class Meta(TenantOwned.Meta):
        ordering = ["tier", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(count__gte=1), name="prize_has_count")
        ]

    def __str__(self) -> str:
        return self.name


class Entry(TenantOwned):
    """One person's place in a giveaway's drum."""

    class State(models.TextChoices):
        """Whether it takes part."""

        OK = "ok", _("takes part")
        LEFT = "left", _("left")
        EXCLUDED = "excluded", _("excluded")

    # A busy table: nobody looks a tenant's entries up, and row-level security checks the tenant.
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    # the unique constraint and the index in order both start with it
    lottery = models.ForeignKey(
        Lottery, on_delete=models.CASCADE, db_index=False, related_name="entries"
    )
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="entries")
    weight = models.PositiveIntegerField(default=1)
    # fairdraw/1, step 2: a user id is only one of 10^10 numbers, so its mark is salted
    salt = models.BinaryField(max_length=16)
    tag = models.BinaryField(max_length=32)
    state = models.CharField(max_length=8, choices=State, default=State.OK)
    reason = models.CharField(max_length=40, blank=True)
    # both set at freeze: place in the list, and running sum of the weights
    entry_no = models.PositiveIntegerField(null=True)
    ticket_end = models.PositiveBigIntegerField(null=True)
    joined_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["lottery", "person"], name="one_entry_per_person")
        ]
        indexes = [models.Index(fields=["lottery", "id"], name="entry_in_order")]

    def __str__(self) -> str:
        return f"{self.lottery_id}/{self.person_id}"


class DrawRecord(TenantOwned):
    """What a draw is made of: the record is written before the beacon exists, never changed."""

    lottery = models.OneToOneField(Lottery, on_delete=models.CASCADE, related_name="record")
    # canonical JSON (services/fairdraw.py); its SHA-256 stands beside it
    record = models.TextField()
    record_hash = models.CharField(max_length=64)
    committed_at = models.DateTimeField()
    # hex; both empty until the draw
    beacon = models.CharField(max_length=64, blank=True)
    secret = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("draw record")
        verbose_name_plural = _("draw records")

    def __str__(self) -> str:
        return self.record_hash


class Place(TenantOwned):
    """A drawn place: the first ones win the prizes in order, those beyond are reserves."""

    lottery = models.ForeignKey(
        Lottery, on_delete=models.CASCADE, db_index=False, related_name="places"
    )
    position = models.PositiveIntegerField()
    # RESTRICT: a place goes only together with its whole giveaway
    entry = models.ForeignKey(Entry, on_delete=models.RESTRICT, related_name="places")
    prize = models.ForeignKey(Prize, null=True, on_delete=models.RESTRICT, related_name="places")

    class Meta(TenantOwned.Meta):
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["lottery", "position"], name="position_once"),
            models.UniqueConstraint(fields=["lottery", "entry"], name="entry_wins_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}"
