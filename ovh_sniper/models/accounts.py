"""A tenant's OVH accounts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.ids import public_id
from tenants.models import TenantOwned

# the values are those of gateways.hosts.Host
HOSTS = [("eu", "OVH Europe"), ("ca", "OVH Canada"), ("us", "OVH US")]


class Account(TenantOwned):
    """One OVH account: it belongs to exactly one host and one subsidiary."""

    class Kind(models.TextChoices):
        """How it proves itself."""

        KEYS = "keys", _("application and consumer key")
        SERVICE = "service", _("service account (OAuth2)")

    class State(models.TextChoices):
        """Whether it can order."""

        PENDING = "pending", _("waits for your consent at OVH")
        READY = "ready", _("ready")
        LIMITED = "limited", _("something is missing")
        BROKEN = "broken", _("refused by OVH")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    host = models.CharField(_("host"), max_length=2, choices=HOSTS)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.KEYS)
    application_key = EncryptedTextField(blank=True)
    application_secret = EncryptedTextField(blank=True)
    consumer_key = EncryptedTextField(blank=True)
    # requested at OVH, takes the consumer key's place once its owner agreed
    new_consumer_key = EncryptedTextField(blank=True, editable=False)
    client_id = EncryptedTextField(blank=True)
    client_secret = EncryptedTextField(blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.PENDING, editable=False)
    # what the credential doctor found: [{"code": "...", ...facts}], told by accounts/findings.py
    findings = models.JSONField(default=list, editable=False)
    # what it may do beyond ordering, as its owner ticked it: "pay", "withdraw"
    rights = models.JSONField(default=list, editable=False)
    # the guided consent: our address that OVH sends the browser back to (not empty: a consent is
    # under way), our own mark in it until the browser was there, and OVH's address
    consent_back = models.CharField(max_length=300, blank=True, editable=False)
    consent_state = models.CharField(max_length=43, blank=True, editable=False)
    consent_url = EncryptedTextField(blank=True, editable=False)
    consent_at = models.DateTimeField(null=True, editable=False)  # when it was wanted
    # what OVH says of the account; all empty until it was reached once
    nichandle = models.CharField(max_length=40, blank=True, editable=False)
    subsidiary = models.CharField(max_length=4, blank=True, editable=False)
    currency = models.CharField(max_length=3, blank=True, editable=False)
    # label of the default payment method; empty: no order of it can pay itself
    payment_method = models.CharField(max_length=80, blank=True, editable=False)
    payment_method_id = models.BigIntegerField(null=True, editable=False)
    # when the consumer key ends at OVH; None: never
    expires_at = models.DateTimeField(null=True, editable=False)
    # days before the end that a warning was sent for (7, 1)
    warned_days = models.PositiveSmallIntegerField(null=True, editable=False)
    # None: it is being looked at for the first time, or because somebody asked
    checked_at = models.DateTimeField(null=True, editable=False)
    # the doctor's next look, or a worker's hold
    retry_at = models.DateTimeField(null=True, editable=False)
    # looks in a row that failed: the wait before the next one grows with them
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    # staff was told that it can no longer order, and not yet that it can again
    broken_told = models.BooleanField(default=False, editable=False)
    # disconnected: only its orders stay; its keys go as soon as OVH was told
    left_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("OVH account")
        verbose_name_plural = _("OVH accounts")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="ovh_account_name_once")
        ]
        indexes = [models.Index(fields=["retry_at"], name="ovh_account_due")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_disconnected(self) -> bool:
        """Whether nothing is done with it any more, but that its orders can be read."""
        return self.left_at is not None

    @property
    def can_order(self) -> bool:
        """Whether carts can be built and ordered with it."""
        works = self.state in {self.State.READY, self.State.LIMITED} and bool(self.subsidiary)
        return works and not self.lacks("quote") and not self.lacks("order")

    def lacks(self, function: str) -> bool:
        """Tell whether the doctor saw that OVH does not let it do this (accounts/doctor.py)."""
        return any(
            one.get("code") == "missing" and one.get("function") == function
            for one in self.findings
        )
