"""The operators' admin: unfold's theme, with the looser CSP that it needs, and only there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from csp.decorators import csp_update
from django.shortcuts import redirect  # noqa: TID251 - a site of pages
from django.urls import path
from unfold.sites import UnfoldAdminSite

from tenants.redaction import struck

# unfold's Alpine build compiles expressions, and its widgets carry style attributes
LOOSER = csp_update({"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]})


def without_secrets(response: Any) -> Any:
    """Strike tokens and keys out of a page, wherever a title or a log entry repeats them."""
    if response.streaming:
        return response
    if hasattr(response, "add_post_render_callback") and not response.is_rendered:
        response.add_post_render_callback(without_secrets)
        return response
    text = response.content.decode(response.charset)
    if (clean := struck(text)) != text:
        response.content = clean
    return response


class OperatorSite(UnfoldAdminSite):
    """Runs unscoped for operators (tenants/middleware.py opens it under this prefix only)."""

    index_template = "operator/dashboard.html"

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:  # noqa: FBT001,FBT002 - Django's signature
        """Wrap a view with the permission check, the looser CSP and the last net for secrets."""
        checked = LOOSER(super().admin_view(view, cacheable))

        @wraps(checked)
        def wrapped(request: Any, *args: Any, **kwargs: Any) -> Any:
            return without_secrets(checked(request, *args, **kwargs))

        return wrapped

    def get_urls(self) -> list[Any]:
        """Return the addresses of lists and rows, and of pages of our own."""
        # models can be imported only now
        from config import ovh_page, traffic_page

        return [
            path("ovh/", self.admin_view(ovh_page.page), name="ovh"),
            path("traffic/", self.admin_view(traffic_page.page), name="traffic"),
            *super().get_urls(),
        ]

    def login(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """Send to everybody's log-in page: it asks for the second factor and limits guessing.

        Raises:
            PermissionDenied: somebody is logged in who is no operator.
        """
        login: Callable[..., Any] = secure_admin_login(LOOSER(super().login))
        return login(request, extra_context)

    def password_change(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """Send to everybody's own page for it, which tells the owner by mail."""
        del request, extra_context
        return redirect("account_change_password")
