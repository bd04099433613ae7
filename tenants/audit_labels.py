"""Audit actions in words, for the audit page.

An app adds its own by `audit_labels = "bots.audit_labels.LABELS"` on its AppConfig.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LABELS = {
    "tenant.created": _("Workspace created"),
    "tenant.changed": _("Settings changed"),
    "api_key.created": _("API key created"),
    "api_key.revoked": _("API key revoked"),
    "tenant.suspended": _("Workspace suspended"),
    "tenant.reactivated": _("Workspace reactivated"),
    "member.added": _("Member added"),
    "member.changed": _("Member's role changed"),
    "member.removed": _("Member removed"),
    "user.changed": _("Member's log-in changed"),
    "user.password_link_sent": _("Password link sent to a member"),
    "user.second_factor_removed": _("Member's second factor removed"),
}


@cache
def all_labels() -> dict[str, _StrPromise]:
    """Return every app's labels by action."""
    marks = (getattr(config, "audit_labels", None) for config in apps.get_app_configs())
    return {
        action: label for mark in marks if mark for action, label in import_string(mark).items()
    }


def label(action: str) -> str:
    """Return an action in the reader's language, the bare action where nobody named it."""
    return str(all_labels().get(action, action))
