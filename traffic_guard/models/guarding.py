"""Stops that are planned, what was sent to the cloud, why, and what was told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bots.models import Person
from tenants.ids import public_id
from tenants.models import TenantOwned
from traffic_guard.models.servers import Package, Server


class PowerAction(TenantOwned):
    """One stop, start or reboot of one server: the intent is written before the cloud is asked.

    intended -> sending -> sent -> done; `unclear` after a lost answer, resolved by the live state;
    refused and unverified are ends that people are told of.
    """

    class Kind(models.TextChoices):
        """What is wanted."""

        STOP = "stop", _("stop")
        START = "start", pgettext_lazy("a deed", "start")
        REBOOT = "reboot", _("reboot")

    class Origin(models.TextChoices):
        """Who wanted it."""

        GUARD = "guard", _("the guard")
        RESUME = "resume", _("the reset of the cycle")
        PORTAL = "portal", _("portal")
        CHAT = "chat", _("chat")
        LINK = "link", _("link in a message")
        API = "api", _("API")

    class State(models.TextChoices):
        """How far it is."""

        INTENDED = "intended", _("queued")
        SENDING = "sending", _("being sent")  # the cloud may have it
        UNCLEAR = "unclear", _("answer lost, being looked up")
        SENT = "sent", _("accepted, waiting for the server")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        UNVERIFIED = "unverified", _("not confirmed")
        WITHDRAWN = "withdrawn", _("withdrawn")  # before anything was sent

    OPEN = (State.INTENDED, State.SENDING, State.UNCLEAR, State.SENT)

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="actions")
    kind = models.CharField(max_length=6, choices=Kind)
    is_hard = models.BooleanField(default=False)
    # a stop that is still asking after this time cuts the power; None: never
    hard_at = models.DateTimeField(null=True)
    origin = models.CharField(max_length=6, choices=Origin)
    requested_by = models.CharField(max_length=120, blank=True)  # e-mail, or Telegram name
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    # what was asked for together: one page and one message show its progress
    batch = models.CharField(max_length=22, blank=True)
    # a press, a command or an API call repeated is the same action
    request_key = models.CharField(max_length=80)
    # of the server at the time; the guard's stops are one a cycle
    cycle_end = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.INTENDED)
    attempts = models.PositiveSmallIntegerField(default=0)
    job_id = models.CharField(max_length=80, blank=True)
    # what the job said last (running, done, failed): the server's own state decides
    job_state = models.CharField(max_length=10, blank=True)
    sent_at = models.DateTimeField(null=True)
    # without the wished state by then it ends as unverified, and people are told
    verify_until = models.DateTimeField(null=True)
    # when it is looked at next, or a worker's hold
    due_at = models.DateTimeField(null=True)
    # the gateway's Kind or a word of ours, and words
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=300, blank=True)
    # the server's power as last seen for this action
    seen_power = models.CharField(max_length=9, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)
    # Server.changed_at at its end, by the cloud's clock: what is later was not this action
    server_changed_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("power action")
        verbose_name_plural = _("power actions")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "request_key"], name="traffic_action_once"),
            models.UniqueConstraint(
                fields=["server"],
                condition=Q(state__in=["intended", "sending", "unclear", "sent"]),
                name="traffic_action_alone",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="traffic_action_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(fields=["tenant", "-created_at"], name="traffic_action_latest"),
            models.Index(fields=["batch"], name="traffic_action_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.server_id}"

    @property
    def is_open(self) -> bool:
        """Whether it may still change the server."""
        return self.state in self.OPEN


class PlannedStop(TenantOwned):
    """A stop that waits for its grace period; everything is checked again before it happens."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("waiting")
        HELD = "held", _("waits for your word")  # above the cap of a run or an hour
        EXECUTED = "executed", _("carried out")  # see `action`
        DRY = "dry", _("dry run: would have stopped")
        CANCELLED = "cancelled", _("cancelled")  # by somebody
        DROPPED = "dropped", _("no longer needed")  # a check said so

    OPEN = (State.WAITING, State.HELD)

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="planned_stops")
    package = models.ForeignKey(Package, null=True, on_delete=models.SET_NULL, related_name="+")
    cycle_end = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    is_dry_run = models.BooleanField(default=False)
    execute_at = models.DateTimeField()
    # None: nothing to do any more
    due_at = models.DateTimeField(null=True)
    postponed = models.PositiveSmallIntegerField(default=0)  # how often
    # who let it happen although it is above the cap, or brought it forward; and whether the hours
    # in which stops are allowed no longer matter, since he said "now"
    approved_by = models.CharField(max_length=120, blank=True)
    is_hastened = models.BooleanField(default=False)
    # readings, threshold and the policy's values with where they come from, at the time
    facts = models.JSONField(default=dict)
    settled_reason = models.CharField(max_length=40, blank=True)
    settled_by = models.CharField(max_length=120, blank=True)
    settled_at = models.DateTimeField(null=True)
    action = models.ForeignKey(
        PowerAction, null=True, on_delete=models.SET_NULL, related_name="planned_stops"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("planned stop")
        verbose_name_plural = _("planned stops")
        constraints = [
            models.UniqueConstraint(
                fields=["server"],
                condition=Q(state__in=["waiting", "held"]),
                name="traffic_plan_alone",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="traffic_plan_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(fields=["server", "cycle_end"], name="traffic_plan_cycle"),
        ]

    def __str__(self) -> str:
        return f"{self.server_id}@{self.execute_at:%Y-%m-%d %H:%M}"


class Decision(TenantOwned):
    """Why a server was, or was not, stopped; the same verdict in a row is counted in one row."""

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="decisions")
    # a word of services/guarding/verdicts.py
    code = models.CharField(max_length=40)
    at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    cycle_end = models.DateTimeField(null=True)
    # readings used, threshold, policy values with their source, what the cloud said
    facts = models.JSONField(default=dict)
    planned_stop = models.ForeignKey(
        PlannedStop, null=True, on_delete=models.SET_NULL, related_name="decisions"
    )
    action = models.ForeignKey(
        PowerAction, null=True, on_delete=models.SET_NULL, related_name="decisions"
    )
    actor = models.CharField(max_length=120, blank=True)  # empty: the guard

    class Meta(TenantOwned.Meta):
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        indexes = [
            models.Index(fields=["tenant", "-last_at"], name="traffic_decision_latest"),
            models.Index(fields=["server", "-last_at"], name="traffic_decision_server"),
        ]

    def __str__(self) -> str:
        return f"{self.server_id}: {self.code}"


class AlertMark(TenantOwned):
    """A level that was told of in a cycle, so that it is told once; free when the rest rises."""

    # a server or a package with its key, as services/guarding/marks.py writes it
    subject = models.CharField(max_length=40)
    # 80 for "80 % used", or a word: threshold, forecast, spike, unknown
    level = models.CharField(max_length=12)
    cycle_end = models.DateTimeField()
    raised_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("level that was told of")
        verbose_name_plural = _("levels that were told of")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "subject", "cycle_end", "level"], name="traffic_mark_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.level}"
