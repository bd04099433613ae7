"""What the portal's frame shows: the tenant, the menu, the languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenants import navigation
from tenants.loopback import is_own_machine
from tenants.middleware import PORTAL_PATH, memberships_of

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise

    from tenants.models import Membership, Tenant

THEMES = ("light", "dark")
OWN_PAGES = [
    (_("Name and language"), "tenants:profile", "user"),
    (_("E-mail address"), "account_email", "mail"),
    (_("Password"), "account_change_password", "lock"),
    (_("Two-factor authentication"), "mfa_index", "shield"),
]
GROUPS: dict[str, _StrPromise | str] = {"": "", "products": _("Products"), "manage": _("Manage")}


@dataclass
class Entry:
    """A line of the menu."""

    label: _StrPromise | str
    url: str
    icon: str
    is_current: bool = False


@dataclass
class Group:
    """A part of the menu under its heading."""

    heading: _StrPromise | str
    entries: list[Entry] = field(default_factory=list)


class Portal:
    """Everything the frame of a page needs; computed only where a template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.tenant: Tenant | None = getattr(request, "tenant", None)
        self.membership: Membership | None = getattr(request, "membership", None)
        theme = request.COOKIES.get("theme", "")
        self.theme = theme if theme in THEMES else ""
        # its mailbox and stand-ins are for the one who sits at this machine
        self.is_demo = bool(settings.EMULATORS and is_own_machine(request))
        self.simulator_url = settings.SIMULATOR_URL if self.is_demo else ""

    @cached_property
    def memberships(self) -> list[Membership]:
        """The visitor's places in tenants, for the switcher."""
        known: list[Membership] | None = getattr(self.request, "memberships", None)
        if known is not None:
            return known
        user = getattr(self.request, "user", None)
        return memberships_of(user.pk) if user is not None and user.is_authenticated else []

    @cached_property
    def navigation(self) -> list[Group]:
        """The menu entries that the member's role may see; outside a tenant those of the log-in."""
        if self.tenant is None or self.membership is None:
            return self.own_pages()
        groups = {name: Group(heading) for name, heading in GROUPS.items()}
        for item in navigation.registered():
            if self.membership.may(item.role):
                url = reverse(item.url_name, args=[self.tenant.slug])
                groups[item.group].entries.append(Entry(item.label, url, item.icon))
        _mark_current(groups.values(), self.request.path)
        return [group for group in groups.values() if group.entries]

    def own_pages(self) -> list[Group]:
        """Return the menu of somebody who looks at his own log-in."""
        tenants = [
            Entry(one.tenant.name, reverse("bots:home", args=[one.tenant.slug]), "box")
            for one in self.memberships
        ]
        own = [Entry(label, reverse(name), icon) for label, name, icon in OWN_PAGES]
        groups = [Group(_("Workspaces"), tenants), Group(_("Your account"), own)]
        _mark_current(groups, self.request.path)
        return [group for group in groups if group.entries]

    @property
    def languages(self) -> list[tuple[str, str]]:
        """Codes and own names of the languages."""
        return settings.LANGUAGES


def _mark_current(groups: Iterable[Group], path: str) -> None:
    """Mark the entry whose address is the longest beginning of the page's own."""
    entries = [entry for group in groups for entry in group.entries]
    # every page's address starts with the tenant's home, which is current on its own page only
    inside = [one for one in entries if path.startswith(one.url) and not _is_root(one.url, path)]
    if inside:
        max(inside, key=lambda entry: len(entry.url)).is_current = True


def _is_root(url: str, path: str) -> bool:
    """Tell whether `url` is only the start of the area that `path` is in."""
    return url != path and (url == "/accounts/" or PORTAL_PATH.fullmatch(url) is not None)


def portal(request: HttpRequest) -> dict[str, Any]:
    """Template context: `portal`, `tenant`, `membership` (both None outside `/t/<slug>/`)."""
    shown = Portal(request)
    return {"portal": shown, "tenant": shown.tenant, "membership": shown.membership}
