"""Icons and small words for the portal's pages: `{% load portal %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from tenants import audit_labels
from tenants.models import ApiKey
from tenants.templatetags.icon_paths import PATHS

register = template.Library()

SVG = (
    '<svg class="icon{}" viewBox="0 0 24 24" width="20" height="20" fill="none"'
    ' stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"{}>'
    "{}</svg>"
)


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """Draw an icon of icon_paths.py; without a label screen readers pass over it.

    Raises:
        KeyError: no such icon.
    """
    spoken = (
        format_html(' role="img" aria-label="{}"', label)
        if label
        else mark_safe(' aria-hidden="true"')
    )
    return format_html(SVG, f" {css}" if css else "", spoken, mark_safe(PATHS[name]))  # noqa: S308 - ours


@register.inclusion_tag("portal/_tab.html", takes_context=True)
def tab(context: template.Context, section: str, label: str) -> dict[str, Any]:
    """Draw a link to a section of a product, named as its page's address (`ovh_sniper:wishes`).

    It is marked where the page says `section` is the last part of that name.
    """
    return {
        "url": reverse(section, args=[context["tenant"].slug]),
        "label": label,
        "is_current": section.partition(":")[2] == context["section"],
    }


@register.filter
def initials(name: str) -> str:
    """Return one or two letters to stand for a name: `Ada Wong` -> AW, `王小明` -> 王."""
    words = name.split("@")[0].replace(".", " ").replace("-", " ").split()
    if not words:
        return "?"
    first = words[0][0]
    if not first.isascii() or len(words) == 1:
        return first.upper()
    return (first + words[-1][0]).upper()


@register.filter
def audit_label(action: str) -> str:
    """Return an audit action in words."""
    return audit_labels.label(action)


@register.filter
def scope_label(scope: str) -> str:
    """Return what a scope of an API key lets do; the bare scope where it is of an older time."""
    return str(dict(ApiKey.Scope.choices).get(scope, scope))
