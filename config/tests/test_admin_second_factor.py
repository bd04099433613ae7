"""In production the operators' admin opens to a password and a second factor only."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from tenants.models import User
from tenants.testing import PASSWORD, make_user
from tenants.tests.test_accounts import six_digits

pytestmark = pytest.mark.django_db
LIST = "/operator/tenants/tenant/?q=acme"


@pytest.fixture(autouse=True)
def _fresh_rates() -> None:
    """Let each test start with nothing tried: allauth counts attempts in the cache."""
    cache.clear()


@pytest.fixture
def operator() -> User:
    return make_user("operator@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def production(settings: Any) -> None:
    settings.PRODUCTION = True


def logged_in(user: User) -> Client:
    """Return a browser in which somebody typed the password."""
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def set_up(client: Client) -> str:
    """Set up an authenticator app; return the secret that it keeps."""
    path = "/accounts/2fa/totp/activate/"
    asked = client.get(path)
    if asked.status_code == 302:
        client.post(asked["Location"], {"password": PASSWORD})
    secret = str(client.get(path).context["form"].secret)
    assert client.post(path, {"code": six_digits(secret)}).status_code == 302
    return secret


def forget_used_codes() -> None:
    """As if half a minute had passed: an app's code works once."""
    cache.clear()


@pytest.mark.parametrize("path", ["/operator/", LIST, "/operator/tenants/user/add/"])
@pytest.mark.usefixtures("production")
def test_without_second_factor_an_operator_is_asked_to_set_one_up(
    operator: User, path: str
) -> None:
    client = logged_in(operator)
    for answer in (client.get(path), client.post(path, {"email": "new@example.org"})):
        assert answer.status_code == 403
        assert b'href="/accounts/2fa/totp/activate/"' in answer.content
        assert b"second factor" in answer.content
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.usefixtures("production")
def test_the_way_from_the_password_to_the_admin(operator: User) -> None:
    client = logged_in(operator)
    secret = set_up(client)
    forget_used_codes()
    asked = client.get(LIST)
    assert asked["Location"].startswith("/accounts/2fa/reauthenticate/?next=")
    assert client.get(asked["Location"]).status_code == 200
    proved = client.post(asked["Location"], {"code": six_digits(secret)})
    assert proved["Location"] == LIST
    assert client.get(LIST).status_code == 200


@pytest.mark.usefixtures("production")
def test_a_log_in_with_both_goes_straight_in(operator: User) -> None:
    secret = set_up(logged_in(operator))
    forget_used_codes()
    client = logged_in(operator)
    client.post("/accounts/2fa/authenticate/", {"code": six_digits(secret)})
    assert client.get(LIST).status_code == 200


@pytest.mark.usefixtures("production")
def test_a_session_from_before_the_second_factor_does_not_get_in_by_it(operator: User) -> None:
    thief = logged_in(operator)
    set_up(logged_in(operator))
    answer = thief.get(LIST)
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert thief.post(answer["Location"], {"code": "000000"}).status_code == 200
    assert thief.get(LIST).status_code == 302


@pytest.mark.usefixtures("production")
def test_who_loses_the_second_factor_is_asked_again(operator: User) -> None:
    secret = set_up(logged_in(operator))
    forget_used_codes()
    client = logged_in(operator)
    client.post("/accounts/2fa/authenticate/", {"code": six_digits(secret)})
    Authenticator.objects.all().delete()
    assert client.get(LIST).status_code == 403


@pytest.mark.usefixtures("production")
def test_logging_out_is_always_free(operator: User) -> None:
    client = logged_in(operator)
    assert client.post("/operator/logout/").status_code in {200, 302}
    assert client.get("/accounts/")["Location"].startswith("/accounts/login/")


@pytest.mark.usefixtures("production")
def test_who_is_no_operator_learns_nothing(operator: User) -> None:
    answer = logged_in(make_user("member@example.org")).get("/operator/")
    assert answer["Location"].startswith("/operator/login/")


def test_the_demo_asks_for_nothing(operator: User) -> None:
    assert logged_in(operator).get(LIST).status_code == 200
