"""Log-ins, sign-ups and lost passwords: nobody tries them fast, wherever he says he is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tenants.testing import PASSWORD, make_user

pytestmark = pytest.mark.django_db
HOME, ELSEWHERE, PROXY = "198.51.100.7", "203.0.113.9", "127.0.0.1"
CLAIMS = [f"192.0.2.{number}" for number in range(40)]


@pytest.fixture(autouse=True)
def _fresh_rates() -> None:
    """Let each test start with nothing tried: allauth counts attempts in the cache."""
    cache.clear()


def guesses(forwarded: Iterable[str], address: str = HOME) -> list[bool]:
    """Guess passwords of different people; return whether each was told to come back later."""
    return [
        "Too many failed" in log_in(f"somebody{number}@example.org", one, address)
        for number, one in enumerate(forwarded)
    ]


def log_in(email: str, forwarded: str, address: str) -> str:
    data = {"login": email, "password": "a wrong guess"}
    answer = Client().post(
        "/accounts/login/", data, REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=forwarded
    )
    return str(answer.content.decode())


def test_what_a_browser_says_of_its_address_does_not_count() -> None:
    assert guesses(CLAIMS[:12]) == [False] * 10 + [True] * 2


def test_behind_a_proxy_the_address_that_it_saw_counts(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    told = [f"{claim}, {HOME}" for claim in CLAIMS[:11]]
    assert guesses(told, PROXY) == [False] * 10 + [True]
    assert guesses([ELSEWHERE], PROXY) == [False]


def test_one_persons_password_is_not_guessed_from_everywhere() -> None:
    make_user("dora@example.org")
    said = [log_in("dora@example.org", "", address) for address in CLAIMS[:6]]
    assert ["Too many failed" in one for one in said] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("page", "data"),
    [
        ("signup", {"email": "{}@example.org", "password1": PASSWORD, "password2": "x"}),
        ("password/reset", {"email": "{}@example.org"}),
    ],
)
def test_sign_ups_and_lost_passwords_are_few_an_address(page: str, data: dict[str, str]) -> None:
    def ask(number: int, address: str) -> Any:
        filled = {name: value.format(number) for name, value in data.items()}
        return Client().post(f"/accounts/{page}/", filled, REMOTE_ADDR=address)

    assert {ask(number, HOME).status_code for number in range(20)} <= {200, 302}
    refused = ask(20, HOME)
    assert refused.status_code == 429
    assert "Too many tries" in refused.content.decode()
    assert ask(21, ELSEWHERE).status_code in {200, 302}
