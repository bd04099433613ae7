"""Presses that lose at the database: done again where nothing of them stays, else said so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib import messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse  # noqa: TID251 - views for the test
from django.test import Client
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import contention
from tenants.access import PortalRequest, member
from tenants.api_views import TenantAPIView
from tenants.models import ApiKey, Membership, Tenant, User
from tenants.scoping import scope
from tenants.testing import another_writer, in_threads, lose, make_api_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]
HERE = "/t/harbor/press/"
TOKEN = "x" * 32


def add(request: Any) -> None:
    """Add a letter to the tenant's name, on the request's own object."""
    request.tenant.name += "!"
    request.tenant.save(update_fields=["name"])


def beaten(work: Callable[[], None]) -> None:
    """Do something in a transaction that the database gives up for another's sake."""
    with another_writer(), transaction.atomic():
        work()
        lose()


def overtaken(work: Callable[[], None]) -> None:
    """Change what another transaction changed after ours had begun; PostgreSQL sees it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        Tenant.objects.get(slug="harbor")
        in_threads(1, lambda _number: Tenant.objects.filter(slug="harbor").update(language="en"))
        work()


@dataclass
class Story:
    """What the press does, and what was seen of it."""

    losses: int = 0
    lose: Callable[[Callable[[], None]], None] = beaten
    before: Callable[[], object] = lambda: None
    seen: list[str] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)


story = Story()


@pytest.fixture(autouse=True)
def _new_story() -> None:
    story.__init__()  # type: ignore[misc]


def _press(request: Any, words: str) -> None:
    story.seen.append(f"{request.tenant.name} {words}")
    story.before()
    if len(story.seen) <= story.losses:
        story.lose(lambda: add(request))
    with transaction.atomic():
        transaction.on_commit(lambda: story.hooks.append(words))
        add(request)


@member("operator")
def press(request: PortalRequest, slug: str) -> HttpResponse:
    files: Any = request.FILES
    file = files["file"].read().decode() if files else ""
    _press(request, f"{request.POST.get('word')} {file}".strip())
    messages.success(request, "It is done.")
    return HttpResponse("; ".join(str(one) for one in messages.get_messages(request)))


def broken(request: HttpRequest, slug: str) -> HttpResponse:
    story.seen.append("")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    return HttpResponse()


class Api(TenantAPIView):
    """The same press for programs."""

    required_scopes = {"read": "bots:read", "write": "bots:write"}

    def post(self, request: Request) -> Response:
        request.tenant = self.tenant  # type: ignore[attr-defined]
        data: Any = request.data
        _press(request, data["word"])
        return Response({"done": True})


urlpatterns = [
    path("t/<slug:slug>/press/", press),
    path("t/<slug:slug>/中é/", press),
    path("t/<slug:slug>/broken/", broken),
    path("api/press/", Api.as_view()),
    path("", include("config.urls")),
]


@pytest.fixture
def browser(alice: User, tenant: Tenant) -> Client:
    """Alice's, with a form's token: another try is as good as the first only with it."""
    client = Client(headers={"X-CSRFToken": TOKEN})
    client.cookies["csrftoken"] = TOKEN
    client.force_login(alice)
    return client


def name() -> str:
    return Tenant.objects.get(slug="harbor").name


@pytest.mark.parametrize("place", [HERE, "/t/harbor/中é/"])
def test_a_press_that_loses_twice_is_done_once(browser: Client, place: str) -> None:
    story.losses = 2
    file = SimpleUploadedFile("a.txt", b"whole")
    answer = browser.post(place, {"word": "go", "file": file})
    assert (answer.status_code, answer.content) == (200, b"It is done.")
    # each try begins with objects that no other has touched, and gets all that was sent
    assert story.seen == ["Harbor go whole"] * 3
    assert (name(), story.hooks) == ("Harbor!", ["go whole"])


def test_a_press_that_always_loses_is_asked_for_again(browser: Client, alice: User) -> None:
    User.objects.update(language="zh-hans")
    story.losses = 9
    answer = browser.post(HERE, {"word": "go"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert '<html lang="zh-hans">' in answer.content.decode()
    assert "default-src" in answer["Content-Security-Policy"]
    assert (len(story.seen), name(), story.hooks) == (3, "Harbor", [])


STAYS: dict[str, Callable[[], object]] = {
    "a statement alone": lambda: Membership.objects.update(role="owner"),
    "a transaction": lambda: ApiKey.objects.create(name="first", secret_digest=b""),
    "a call outside": contention.acts_outside,
}


def test_what_has_done_something_that_stays_is_not_done_again(browser: Client) -> None:
    for what, before in STAYS.items():
        story.losses, story.before, story.seen = 1, before, []
        answer = browser.post(HERE, {"word": "go"})
        assert (answer.status_code, len(story.seen), name()) == (503, 1, "Harbor"), what
        assert "Look what was done" in answer.content.decode()


def test_a_change_that_was_taken_back_does_not_stay(browser: Client) -> None:
    def change() -> None:
        with suppress(ZeroDivisionError), transaction.atomic():
            ApiKey.objects.create(name="first", secret_digest=b"")
            raise ZeroDivisionError

    story.losses, story.before = 1, change
    assert browser.post(HERE, {"word": "go"}).status_code == 200
    assert (len(story.seen), name()) == (2, "Harbor!")


def test_programs_are_served_alike(tenant: Tenant) -> None:
    client = Client(headers={"Authorization": f"Bearer {make_api_key(tenant)}"})
    story.losses = 2
    sent: dict[str, Any] = {"data": {"word": "go"}, "content_type": "application/json"}
    assert client.post("/api/press/", **sent).json() == {"done": True}
    assert (len(story.seen), name(), story.hooks) == (3, "Harbor!", ["go"])
    with scope(tenant):
        assert ApiKey.objects.get().last_used_at is not None
    story.losses = 9
    answer = client.post("/api/press/", **sent)
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer.json()["error"]["code"] == "try_again"


def test_a_wrong_query_is_no_lost_press(browser: Client) -> None:
    with pytest.raises(DatabaseError):
        browser.post("/t/harbor/broken/")
    assert len(story.seen) == 1


def test_what_two_transactions_changed_at_once_is_done_again(browser: Client) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has one writer at a time
    story.losses, story.lose = 1, overtaken
    assert browser.post(HERE, {"word": "go"}).status_code == 200
    assert (len(story.seen), name()) == (2, "Harbor!")
