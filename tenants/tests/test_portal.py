"""The portal's pages: who gets in, what each role may do, what a page costs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import (  # noqa: TID251 - views of the middleware's own
    HttpRequest,
    HttpResponse,
    StreamingHttpResponse,
)
from django.template import engines
from django.template.response import TemplateResponse
from django.test import Client, RequestFactory
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from tenants.access import member
from tenants.middleware import TenantMiddleware, time_zone_of
from tenants.models import AuditEvent, Membership, Tenant, User
from tenants.scoping import current, scope
from tenants.testing import make_member, make_tenant, page_as

pytestmark = pytest.mark.django_db

PAGES = ["", "settings/", "members/", "audit/", "api-keys/"]
POSTS = ["settings/", "api-keys/", "api-keys/0123456789/revoke/"]


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def without_token(answer: Any) -> str:
    """Return a page without the CSRF tokens, which differ each time."""
    return re.sub(r"\b\w{64}\b", "", answer.content.decode())


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_gets_what_everybody_gets_for_nothing(
    tenant: Tenant, charlie: User, path: str
) -> None:
    client = log_in(charlie)
    there, nowhere = client.get(f"/t/harbor/{path}"), client.get(f"/t/nowhere/{path}")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert without_token(there).replace("/t/harbor/", "/t/nowhere/") == without_token(nowhere)


@pytest.mark.parametrize("path", POSTS)
def test_a_stranger_changes_nothing(tenant: Tenant, charlie: User, path: str) -> None:
    assert log_in(charlie).post(f"/t/harbor/{path}", {"name": "mine"}).status_code == 404
    tenant.refresh_from_db()
    assert tenant.name == "Harbor"


@pytest.mark.parametrize("path", PAGES)
def test_somebody_unknown_is_sent_to_the_log_in(tenant: Tenant, client: Client, path: str) -> None:
    for slug in ("harbor", "nowhere"):
        answer = client.get(f"/t/{slug}/{path}")
        assert answer["Location"] == f"/accounts/login/?next=/t/{slug}/{path}"


ALLOWED = {
    "owner": {"", "settings/", "members/", "audit/", "api-keys/"},
    "admin": {"", "settings/", "members/", "audit/", "api-keys/"},
    "operator": {"", "members/"},
    "viewer": {"", "members/"},
}


@pytest.mark.parametrize("role", ALLOWED)
def test_roles_see_their_pages(tenant: Tenant, role: str) -> None:
    client = log_in(make_member(tenant, role))
    status = {path: client.get(f"/t/harbor/{path}").status_code for path in PAGES}
    assert status == {path: 200 if path in ALLOWED[role] else 403 for path in PAGES}
    links = set(
        re.findall(r'href="/t/harbor/([^"]*)"', client.get("/t/harbor/members/").content.decode())
    )
    assert links & set(PAGES) <= ALLOWED[role]


def test_a_refusal_names_the_role_in_the_readers_language(tenant: Tenant) -> None:
    user = make_member(tenant, "viewer", language="zh-hant")
    page = page_as(user, "/t/harbor/settings/").content.decode()
    assert '<html lang="zh-hant"' in page
    with translation.override("zh-hant"):
        assert str(Membership.Role.ADMIN.label) in page


def view_for(role: str) -> Any:
    @member(role)
    def view(request: HttpRequest, slug: str) -> HttpResponse:
        return HttpResponse("done")

    return view


def call(tenant: Tenant, role: str, needed: str, method: str) -> int:
    request = RequestFactory().generic(method, "/t/harbor/")
    request.tenant, request.membership = tenant, Membership(role=role)  # type: ignore[attr-defined]
    return int(view_for(needed)(request, slug="harbor").status_code)


def test_viewers_look_and_change_nothing(tenant: Tenant) -> None:
    assert call(tenant, "viewer", "viewer", "GET") == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert call(tenant, "viewer", "viewer", method) == 403
        assert call(tenant, "operator", "viewer", method) == 200
    assert call(tenant, "operator", "admin", "GET") == 403
    assert call(tenant, "admin", "owner", "POST") == 403
    assert call(tenant, "owner", "owner", "POST") == 200


def test_a_suspended_tenant_can_be_looked_at(tenant: Tenant, alice: User) -> None:
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    client = log_in(alice)
    assert b"suspended" in client.get("/t/harbor/members/").content
    answer = client.post("/t/harbor/settings/", {"name": "x"})
    assert answer.status_code == 403
    assert b"suspended" in answer.content


def test_a_role_that_does_not_exist_is_found_at_once() -> None:
    with pytest.raises(ValueError, match="boss"):
        member("boss")


def test_settings_are_saved_and_noted(tenant: Tenant, alice: User) -> None:
    form = {"name": "港口", "language": "zh-hant", "time_zone": "Europe/Berlin"}
    answer = log_in(alice).post("/t/harbor/settings/", form, follow=True)
    assert "港口" in answer.content.decode()
    tenant.refresh_from_db()
    assert (tenant.name, tenant.language, tenant.time_zone) == tuple(form.values())
    with scope(tenant):
        event = AuditEvent.objects.get()
    assert event.detail["name"] == ["Harbor", "港口"]
    log_in(alice).post("/t/harbor/settings/", form)  # nothing new, nothing to note
    with scope(tenant):
        assert AuditEvent.objects.count() == 1


def test_refused_settings_change_nothing(tenant: Tenant, alice: User) -> None:
    form = {"name": "", "language": "tlh", "time_zone": "Mars/Base"}
    answer = log_in(alice).post("/t/harbor/settings/", form)
    assert answer.context["form"].errors.keys() == form.keys()
    tenant.refresh_from_db()
    assert tenant.name == "Harbor"
    assert b"Harbor" in answer.content


def test_a_scope_is_open_in_the_page_and_closed_behind_it(tenant: Tenant, alice: User) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        template = engines["django"].from_string("{{ rows.count }} {{ now|date:'e' }}")
        rows = Membership.objects.all()
        return TemplateResponse(request, template, {"rows": rows, "now": timezone.now()})

    def respond(request: HttpRequest) -> HttpResponse:
        response = view(request)
        assert isinstance(response, TemplateResponse)
        return response.render()

    response = through_middleware(alice, respond)
    assert response.content == b"1 CST"
    assert current() is None
    assert timezone.get_current_timezone_name() == "UTC"


def through_middleware(user: User, view: Any, path: str = "/t/harbor/x/") -> Any:
    request = RequestFactory().get(path)
    request.user = user
    return TenantMiddleware(view)(request)


def test_what_streams_streams_in_the_scope(tenant: Tenant, alice: User) -> None:
    def parts() -> Any:
        for one in Membership.objects.all():
            yield one.role
            assert current() == tenant.pk
            yield str(Membership.objects.count())

    response = through_middleware(alice, lambda request: StreamingHttpResponse(parts()))
    assert current() is None
    seen = []
    for part in response:
        assert current() is None  # between two parts the server may do anything
        seen.append(part)
    assert seen == [b"owner", b"1"]


def test_the_users_language_wins_over_the_browsers(tenant: Tenant, alice: User) -> None:
    client = log_in(alice)
    page = client.get("/t/harbor/members/", HTTP_ACCEPT_LANGUAGE="zh-TW").content.decode()
    assert '<html lang="zh-hant"' in page
    User.objects.update(language="zh-hans")
    page = client.get("/t/harbor/members/", HTTP_ACCEPT_LANGUAGE="zh-TW").content.decode()
    assert '<html lang="zh-hans"' in page


def test_an_unknown_time_zone_does_not_break_the_page() -> None:
    for name in ("Mars/Base", "", "../etc/passwd", "/etc/passwd"):
        assert time_zone_of(Tenant(time_zone=name)).key == "UTC"


def test_the_switcher_offers_ones_own_tenants_only(
    alice: User, tenant: Tenant, charlie: User
) -> None:
    make_tenant("Second", owner=alice, slug="second")
    page = page_as(alice, "/t/harbor/members/").content.decode()
    assert 'href="/t/second/"' in page
    assert "strange" not in page
    client = log_in(alice)
    assert client.get("/t/").status_code == 200
    assert client.get("/t/second/members/").context["tenant"].name == "Second"


def test_one_tenant_is_opened_at_once_unless_all_are_asked_for(alice: User, tenant: Tenant) -> None:
    client = log_in(alice)
    assert client.get("/t/")["Location"] == "/t/harbor/"
    assert client.get("/t/?all").status_code == 200


@pytest.mark.parametrize("path", ["members/", "settings/", "audit/", "api-keys/"])
def test_pages_cost_few_queries_however_much_there_is(
    alice: User, tenant: Tenant, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(5):
        make_member(tenant)
        make_tenant(owner=alice)
    client = log_in(alice)
    client.get(f"/t/harbor/{path}")
    # session, user, memberships with tenants; then the page's own
    own = {"members/": 1, "settings/": 0, "audit/": 1, "api-keys/": 1}[path]
    with django_assert_num_queries(2 + own):
        assert client.get(f"/t/harbor/{path}").status_code == 200
