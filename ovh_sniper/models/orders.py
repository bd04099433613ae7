"""Carts made ahead, and orders from intent to delivery."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models import Person
from ovh_sniper.models.accounts import Account
from ovh_sniper.models.wishes import Wish
from tenants.fields import EncryptedTextField
from tenants.ids import public_id
from tenants.models import TenantOwned


class WarmCart(TenantOwned):
    """A cart built, assigned and quoted ahead for one wish, configuration and datacenter."""

    class State(models.TextChoices):
        """What it is good for."""

        BUILDING = "building", _("being built")
        READY = "ready", _("ready")
        REFUSED = "refused", _("not as wished")  # reason says why; rebuilt when prices move
        TAKEN = "taken", _("taken for an order")
        LITTER = "litter", _("to be deleted at OVH")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="carts")
    wish = models.ForeignKey(Wish, null=True, on_delete=models.SET_NULL, related_name="carts")
    # whose checkout it is taken for, and no other's ever
    order = models.ForeignKey(
        "ovh_sniper.Order", null=True, on_delete=models.SET_NULL, related_name="carts"
    )
    fqn = models.CharField(max_length=200)
    datacenter = models.CharField(max_length=24)
    # whoever knows it can change the cart (OVH asks for no key there): a secret
    cart_id = EncryptedTextField(blank=True)
    item_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.BUILDING)
    reason = models.CharField(max_length=300, blank=True)
    # family -> addon code: what it was built with, and what OVH said that it holds
    addons = models.JSONField(default=dict)
    # ids of the labels that were set (datacenter, region, system), whose values were compared
    settings = models.JSONField(default=list, editable=False)
    # what the quote said: [{"item": 1, "code": "...", "kind": "...", "amount": "12.99"}]; tax below
    lines = models.JSONField(default=list)
    due_now = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    renewal = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    quoted_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # StoredCatalogue.digest at the quote: another one now means to quote anew
    catalogue_digest = models.CharField(max_length=64, blank=True)
    # a worker holds it until then, or it is due then; None: nothing to do
    retry_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        indexes = [
            models.Index(fields=["wish", "state"], name="ovh_cart_of_wish"),
            models.Index(
                fields=["retry_at"],
                name="ovh_cart_due",
                condition=models.Q(retry_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fqn}@{self.datacenter}"


class Order(TenantOwned):
    """One server that is bought: the intent is written before OVH is asked.

    intended -> ordering -> placed -> paid -> delivering -> delivered; unknown after a lost answer;
    refused, failed and cancelled are ends.
    """

    class State(models.TextChoices):
        """How far it is."""

        INTENDED = "intended", _("queued")
        ORDERING = "ordering", _("being ordered")  # checkout may have been sent
        UNKNOWN = "unknown", _("answer lost, being looked up")
        PLACED = "placed", _("ordered, not paid")
        CHECKING = "checking", _("being checked by OVH")
        DOCUMENTS = "documents", _("OVH asks for documents")
        DELIVERING = "delivering", _("being delivered")
        DELIVERED = "delivered", _("delivered")
        REFUSED = "refused", _("refused")  # nothing was bought: reason says why
        CANCELLED = "cancelled", _("cancelled")
        DRY = "dry", _("dry run")

    # a server is bought, or may be: these count against a wish's quantity and budgets
    COUNTED = (
        State.INTENDED,
        State.ORDERING,
        State.UNKNOWN,
        State.PLACED,
        State.CHECKING,
        State.DOCUMENTS,
        State.DELIVERING,
        State.DELIVERED,
        State.DRY,
    )
    OPEN = (
        State.ORDERING,
        State.UNKNOWN,
        State.PLACED,
        State.CHECKING,
        State.DOCUMENTS,
        State.DELIVERING,
    )

    class Source(models.TextChoices):
        """Who wanted it."""

        WISH = "wish", _("wish")
        BUTTON = "button", _("button")
        CHAT = "chat", _("chat command")
        PORTAL = "portal", _("portal")
        API = "api", _("API")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="orders")
    wish = models.ForeignKey(Wish, null=True, on_delete=models.SET_NULL, related_name="orders")
    # 1..quantity of the wish, held by one counted order at a time; None without a wish
    place = models.PositiveSmallIntegerField(null=True)
    # a press, a command or an API call repeated is the same order
    request_key = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=6, choices=Source)
    requested_by = models.CharField(max_length=120, blank=True)  # e-mail, or Telegram name
    # who ordered it in a chat, and hears of it there whoever else does
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    plan_code = models.CharField(max_length=80)
    fqn = models.CharField(max_length=200)
    datacenter = models.CharField(max_length=24)
    # family -> addon code: exactly what the cart must hold
    addons = models.JSONField(default=dict)
    # what the cart held and cost when it was sent, as WarmCart.lines
    lines = models.JSONField(default=list, editable=False)
    cap_due_now = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    cap_renewal = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    autopay = models.BooleanField(default=False)
    waive_retractation = models.BooleanField(default=False)
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.INTENDED)
    # the gateway's Kind or a word of ours (price_over_cap, not_as_wished, repeat, ...), and words
    reason = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    # committed before checkout, since it is all that finds a lost order again
    cart_id = EncryptedTextField(blank=True)
    checkout_at = models.DateTimeField(null=True)
    ovh_order_id = models.BigIntegerField(null=True)
    # holds the order's password: only for the owner's eyes
    url = EncryptedTextField(blank=True)
    due_now = models.DecimalField(max_digits=12, decimal_places=2, null=True)  # with tax
    renewal = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    # unpaid, OVH cancels it then
    pay_until = models.DateTimeField(null=True)
    service_name = models.CharField(max_length=120, blank=True)
    placed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # other datacenters to try, in order, when OVH refuses this one; of orders by hand
    fallbacks = models.JSONField(default=list, editable=False)
    # what staff asked OVH to do with it: "pay" or "retract" (with OVH's word for the reason)
    wanted = models.CharField(max_length=7, blank=True, editable=False)
    wanted_detail = models.CharField(max_length=20, blank=True, editable=False)
    # the request to pay may have reached OVH then, and nobody knows yet what came of it
    pay_sent_at = models.DateTimeField(null=True, editable=False)
    # stock seen -> intent, for the operators' percentiles
    stock_seen_at = models.DateTimeField(null=True)
    # next look at OVH, or a worker's hold
    retry_at = models.DateTimeField(null=True)
    # public id of the first order of its request: they share one message in each chat
    batch = models.CharField(max_length=22, blank=True, db_index=True, editable=False)
    # the state that staff was told last, so that each is told once (services/telling/news.py)
    told = models.CharField(max_length=10, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            # n orders at most, whatever overlaps: a refused one frees its place
            models.UniqueConstraint(
                fields=["wish", "place"],
                condition=~models.Q(state__in=["refused", "cancelled"]),
                name="ovh_one_order_a_place",
            ),
            models.UniqueConstraint(
                fields=["tenant", "request_key"],
                condition=~models.Q(request_key=""),
                name="ovh_one_order_a_request",
            ),
            models.UniqueConstraint(
                fields=["account", "ovh_order_id"],
                condition=models.Q(ovh_order_id__isnull=False),
                name="ovh_order_known_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["retry_at"],
                name="ovh_order_due",
                condition=models.Q(
                    state__in=[
                        "intended",
                        "ordering",
                        "unknown",
                        "placed",
                        "checking",
                        "documents",
                        "delivering",
                        "delivered",
                    ]
                ),
            ),
            models.Index(fields=["tenant", "-created_at"], name="ovh_order_latest"),
            models.Index(
                fields=["account", "plan_code", "datacenter", "created_at"], name="ovh_order_repeat"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_code}@{self.datacenter}"

    @property
    def goes_on(self) -> bool:
        """Whether it was refused for want of stock, and the next of its datacenters is tried."""
        is_out = self.state == self.State.REFUSED and self.reason == "out_of_stock"
        return is_out and bool(self.fallbacks) and self.source != self.Source.WISH


class OrderReminder(TenantOwned):
    """A reminder that an order waits for money; each is sent once."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="reminders")
    minutes = models.PositiveSmallIntegerField()  # before the order ends: 720, 120, 30
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["order", "minutes"], name="ovh_reminder_once")
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.minutes}"
