"""The demo's mailbox: links to click, nothing outside the demo."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tenants.testing import PASSWORD, mails

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https?://[^/\s]+(/\S+)")
SIGN_UP = {"email": "dora@example.org", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _fresh_rates() -> None:
    """Let each test start with nothing tried: allauth counts attempts in the cache."""
    cache.clear()


@pytest.fixture
def mailbox(settings: Any, tmp_path: Any) -> None:
    """Mails go to files, as in the demo."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.EMULATORS = True
    settings.PRODUCTION = False


def test_the_demo_shows_mails_with_their_links(client: Client, mailbox: None) -> None:
    assert b"No mail yet" in client.get("/demo/mail/").content
    sent = client.post("/accounts/signup/", SIGN_UP, follow=True)
    mails()
    assert b"/demo/mail/" in sent.content
    page = client.get("/demo/mail/").content.decode()
    assert SIGN_UP["email"] in page
    (path,) = set(re.findall(r'href="https?://[^/"]+(/accounts/confirm-email/[^"]+)"', page))
    assert client.post(path)["Location"] == "/t/"


def test_the_demo_escapes_mails(client: Client, mailbox: None) -> None:
    mail.send_mail("<b>bold</b>", "王 <script>alert(1)</script>", None, ["a@example.org"])
    page = client.get("/demo/mail/").content.decode()
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert "王" in page


@pytest.mark.parametrize("name", ["EMULATORS", "PRODUCTION", "LOOPBACK_ONLY"])
def test_no_mailbox_outside_the_demo_or_where_others_reach_it(
    client: Client, mailbox: None, settings: Any, name: str
) -> None:
    setattr(settings, name, not getattr(settings, name))
    assert client.get("/demo/mail/").status_code == 404
    assert b"/demo/mail/" not in client.get("/accounts/login/").content


@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.parametrize(
    "mark",
    [
        {"HTTP_X_FORWARDED_FOR": "203.0.113.5"},
        {"HTTP_X_REAL_IP": "203.0.113.5"},
        {"HTTP_FORWARDED": "for=203.0.113.5"},
        {"HTTP_VIA": "1.1 proxy"},
        {"SERVER_PROTOCOL": "HTTP/1.0"},
    ],
)
def test_no_mailbox_for_strangers_behind_a_proxy_that_calls_us_by_a_local_name(
    client: Client, mailbox: None, settings: Any, mark: dict[str, Any], proxies: int
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    here: dict[str, Any] = {"HTTP_HOST": "127.0.0.1"}
    assert client.get("/demo/mail/", **here).status_code == 200
    assert client.get("/demo/mail/", **here, **mark).status_code == 404
    assert b"/demo/mail/" in client.get("/", **here).content
    assert b"/demo/mail/" not in client.get("/", **here, **mark).content
