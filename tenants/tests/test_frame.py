"""The frame of every page: menu, theme, errors, icons."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory

from tenants import navigation, time_zones
from tenants.context import Portal
from tenants.forms import TenantSettingsForm
from tenants.middleware import time_zone_of
from tenants.models import Membership, Tenant, User
from tenants.scoping import scope
from tenants.templatetags.icon_paths import PATHS
from tenants.templatetags.portal import icon, initials
from tenants.testing import make_user
from tenants.views import errors

pytestmark = pytest.mark.django_db


def test_the_menu_marks_where_one_is(alice: User, tenant: Tenant, rf: RequestFactory) -> None:
    def marked(path: str, *, inside: bool = True) -> list[str]:
        request = rf.get(path)
        request.user = alice
        if inside:
            with scope(tenant):
                request.membership = Membership.objects.get()  # type: ignore[attr-defined]
            request.tenant = tenant  # type: ignore[attr-defined]
        groups = Portal(request).navigation
        return [entry.url for group in groups for entry in group.entries if entry.is_current]

    assert marked("/t/harbor/api-keys/") == ["/t/harbor/api-keys/"]
    assert marked("/t/harbor/api-keys/0123/revoke/") == ["/t/harbor/api-keys/"]
    assert marked("/t/harbor/") == ["/t/harbor/"]
    assert marked("/t/harbor/no-entry/") == []
    assert marked("/accounts/2fa/totp/activate/", inside=False) == ["/accounts/2fa/"]
    assert marked("/accounts/", inside=False) == ["/accounts/"]
    assert marked("/accounts/logout/", inside=False) == []


def test_menu_entries_have_icons_and_roles() -> None:
    for item in navigation.registered():
        assert item.icon in PATHS, item
        assert item.role in Membership.Role.values, item


def test_a_theme_from_the_cookie_is_drawn_by_the_server(client: Client) -> None:
    client.cookies["theme"] = "dark"
    assert b'data-theme="dark"' in client.get("/").content
    client.cookies["theme"] = '"><script>'
    assert b"data-theme=" not in client.get("/").content


def test_the_content_security_policy_is_strict(client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "csp.constants" not in policy


def test_errors_are_pages_for_people_and_json_for_programs(
    client: Client, rf: RequestFactory
) -> None:
    page = client.get("/nothing/")
    assert page.status_code == 404
    assert b"portal/portal.css" in page.content
    for name in ("server_error", "bad_request", "permission_denied", "not_found"):
        view = getattr(errors, name)
        arguments = () if name == "server_error" else (ValidationError("secret words"),)
        request = rf.get("/api/v1/x/")
        answer = view(request, *arguments)
        assert b'"error"' in answer.content
        assert b"secret words" not in answer.content
    broken = errors.server_error(rf.get("/t/x/"))
    assert broken.status_code == 500
    assert b"portal/portal.css" in broken.content


def test_a_form_of_an_old_page_is_explained(alice: User, tenant: Tenant) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/t/harbor/settings/", {"name": "x"})
    assert answer.status_code == 403
    assert b"too old" in answer.content


def test_the_favicon(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("portal/favicon.svg")


def test_initials() -> None:
    names = {"Ada Wong": "AW", "王小明": "王", "ada.wong@example.org": "AW", "bob": "B", "": "?"}
    assert {name: initials(name) for name in names} == names


def test_icons_are_hidden_or_named() -> None:
    assert 'aria-hidden="true"' in icon("bot")
    assert 'aria-label="&lt;x&gt;"' in icon("bot", "<x>")
    with pytest.raises(KeyError):
        icon("no such")


def test_time_zones_are_real() -> None:
    offered = {name for _region, zones in time_zones.choices() for name, _label in zones}  # type: ignore[attr-defined]
    assert "Asia/Taipei" in offered
    assert "UTC" in offered
    assert all(time_zone_of(Tenant(time_zone=name)).key == name for name in offered)
    data = {"name": "x", "language": "en", "time_zone": "UTC"}
    assert TenantSettingsForm(data).is_valid()


def test_users_of_no_tenant_are_led_to_their_first(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/t/")["Location"] == "/new/"
    assert client.get("/new/").status_code == 200
