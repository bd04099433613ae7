"""How the operators' admin looks: menu, colours, languages, and where one is (settings.UNFOLD)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest  # noqa: TID251 - only its name

# The portal's blue-green (static/portal/tokens.css) as a scale.
PRIMARY = {
    "50": "#eef8fc",
    "100": "#d9eef7",
    "200": "#b5dfef",
    "300": "#83c9e3",
    "400": "#4aadd2",
    "500": "#2391ba",
    "600": "#0a6c8f",
    "700": "#085873",
    "800": "#0b465b",
    "900": "#0e3b4c",
    "950": "#072633",
}


def environment(request: HttpRequest) -> list[str]:
    """Return what the label beside the title says, and its colour."""
    del request
    if settings.PRODUCTION:
        return [gettext("Production"), "danger"]
    return [gettext("Demo"), "info"]


def _file(path: str) -> Callable[[Any], str]:
    """Return what unfold calls for the address of a static file."""

    def address(request: HttpRequest) -> str:
        del request
        return static(path)

    return address


def _may_see(app: str, model: str) -> Callable[[Any], bool]:
    return lambda request: bool(request.user.has_perm(f"{app}.view_{model}"))


def _entry(title: Any, icon: str, label: str) -> dict[str, Any]:
    app, model = label.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": _may_see(app, model),
    }


def _group(title: Any, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(entries)}


MENU = [
    {
        "items": [
            {"title": _("Dashboard"), "icon": "monitoring", "link": reverse_lazy("admin:index")}
        ]
    },
    _group(
        _("Tenants"),
        _entry(_("Tenants"), "domain", "tenants.tenant"),
        _entry(_("Users"), "group", "tenants.user"),
        _entry(_("API keys"), "key", "tenants.apikey"),
        _entry(_("Audit log"), "history", "tenants.auditevent"),
    ),
    _group(
        _("Bots"),
        _entry(_("Bots"), "smart_toy", "bots.bot"),
        _entry(_("People"), "person", "bots.person"),
        _entry(_("Chats"), "forum", "bots.chat"),
    ),
    _group(
        _("Traffic"),
        _entry(_("Failed updates"), "error", "bots.failedupdate"),
        _entry(_("Outgoing messages"), "outbox", "bots.outboxmessage"),
        _entry(_("Broadcasts"), "campaign", "bots.broadcast"),
        _entry(_("Notices"), "notifications", "bots.notice"),
        _entry(_("Notification channels"), "alt_route", "bots.channel"),
    ),
    _group(
        _("Giveaways"),
        _entry(_("Giveaways"), "redeem", "lottery.lottery"),
        _entry(_("Entries"), "confirmation_number", "lottery.entry"),
        _entry(_("Draw records"), "verified", "lottery.drawrecord"),
        _entry(_("Drawn places"), "emoji_events", "lottery.place"),
    ),
    _group(
        _("OVH stock"),
        {
            "title": _("OVH live"),
            "icon": "monitor_heart",
            "link": reverse_lazy("admin:ovh"),
            "permission": _may_see("ovh_sniper", "poller"),
        },
        _entry(_("OVH accounts"), "key", "ovh_sniper.account"),
        _entry(_("Wishes"), "bookmark", "ovh_sniper.wish"),
        _entry(_("Orders"), "shopping_bag", "ovh_sniper.order"),
        _entry(_("Carts"), "shopping_cart", "ovh_sniper.warmcart"),
        _entry(_("Alerts"), "notifications_active", "ovh_sniper.alert"),
        _entry(_("Settings of tenants"), "tune", "ovh_sniper.preferences"),
        _entry(_("Hardware"), "dns", "ovh_sniper.configuration"),
        _entry(_("When it was in stock"), "timeline", "ovh_sniper.stockinterval"),
        _entry(_("Announcements"), "event_upcoming", "ovh_sniper.announced"),
        _entry(_("Ghost stock"), "visibility_off", "ovh_sniper.ghoststock"),
        _entry(_("VPS plans"), "cloud", "ovh_sniper.vpsplan"),
        _entry(_("Pollers"), "radar", "ovh_sniper.poller"),
        _entry(_("Unwatched times"), "history_toggle_off", "ovh_sniper.unwatched"),
        _entry(_("Price lists"), "payments", "ovh_sniper.storedcatalogue"),
        _entry(_("Plans"), "list_alt", "ovh_sniper.storedplan"),
        _entry(_("Price changes"), "trending_down", "ovh_sniper.cataloguechange"),
    ),
    _group(
        _("Cloud traffic"),
        {
            "title": _("Clouds live"),
            "icon": "cloud_sync",
            "link": reverse_lazy("admin:traffic"),
            "permission": _may_see("traffic_guard", "account"),
        },
        _entry(_("Cloud accounts"), "key", "traffic_guard.account"),
        _entry(_("Servers"), "dns", "traffic_guard.server"),
        _entry(_("Traffic packages"), "data_usage", "traffic_guard.package"),
        _entry(_("Planned stops"), "hourglass_top", "traffic_guard.plannedstop"),
        _entry(_("Stops and starts"), "power_settings_new", "traffic_guard.poweraction"),
        _entry(_("Decisions"), "rule", "traffic_guard.decision"),
        _entry(_("Levels told of"), "notifications_active", "traffic_guard.alertmark"),
        _entry(_("Messages about servers"), "sms", "traffic_guard.bulletin"),
        _entry(_("Requests typed in chats"), "keyboard", "traffic_guard.chatrequest"),
        _entry(_("Policies"), "policy", "traffic_guard.policy"),
        _entry(_("Settings of tenants"), "tune", "traffic_guard.preferences"),
        _entry(_("Readings"), "monitoring", "traffic_guard.reading"),
        _entry(_("Outbound traffic"), "bar_chart", "traffic_guard.outboundhour"),
        _entry(_("Units"), "straighten", "traffic_guard.measureunit"),
    ),
    _group(
        _("System"),
        _entry(_("Heartbeats"), "ecg_heart", "tenants.heartbeat"),
        _entry(_("Leases"), "lock_clock", "tenants.lease"),
        _entry(_("Periodic tasks"), "schedule", "django_celery_beat.periodictask"),
        _entry(_("Intervals"), "timer", "django_celery_beat.intervalschedule"),
        _entry(_("Crontabs"), "calendar_month", "django_celery_beat.crontabschedule"),
        _entry(_("Operators' log"), "receipt_long", "admin.logentry"),
    ),
    _group(
        _("Log-ins"),
        _entry(_("E-mail addresses"), "alternate_email", "account.emailaddress"),
        _entry(_("Account mails"), "mail", "tenants.accountmail"),
        _entry(_("Second factors"), "phonelink_lock", "mfa.authenticator"),
        _entry(_("Groups"), "shield_person", "auth.group"),
    ),
]

UNFOLD = {
    "SITE_TITLE": _("Botharbor operators"),
    "SITE_HEADER": "Botharbor",
    "SITE_SUBHEADER": _("Operators"),
    "SITE_ICON": _file("portal/favicon.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": _file("portal/favicon.svg"),
        }
    ],
    "STYLES": [_file("operator/operator.css")],
    "COLORS": {"primary": PRIMARY},
    "ENVIRONMENT": "config.admin_theme.environment",
    "DASHBOARD_CALLBACK": "config.dashboard.fill",
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "ACCOUNT": {
        "navigation": [
            {"title": _("Your account"), "link": reverse_lazy("tenants:profile")},
        ]
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": MENU},
}
