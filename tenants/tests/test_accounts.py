"""From the first page to a second factor, over HTTP as a browser does it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext as _

from tenants.mfa_rotation import rotate_authenticators
from tenants.models import User
from tenants.testing import PASSWORD, mails, make_user

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https?://[^/\s]+(/\S+)")
SIGN_UP = {"email": "dora@example.org", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _fresh_rates() -> None:
    """Let each test start with nothing tried: allauth counts attempts in the cache."""
    cache.clear()


def link_in_mail() -> str:
    """Return the path of the first link in the newest mail."""
    found = LINK.search(str(mails()[-1].body))
    assert found is not None
    return found[1]


def six_digits(secret: str) -> str:
    """Return what an authenticator app shows for a secret now."""
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def sign_up(client: Client) -> User:
    """Sign up and confirm the address; the client is logged in then."""
    client.post("/accounts/signup/", SIGN_UP)
    client.post(link_in_mail())
    return User.objects.get(email=SIGN_UP["email"])


def log_in(client: Client, **extra: str) -> Any:
    data = {"login": SIGN_UP["email"], "password": PASSWORD, **extra}
    return client.post("/accounts/login/", data)


def test_from_sign_up_to_the_first_tenant(client: Client) -> None:
    landing = client.get("/")
    assert b"/accounts/signup/" in landing.content
    answer = client.post("/accounts/signup/", SIGN_UP, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/confirm-email/"
    assert log_in(client)["Location"] == "/accounts/confirm-email/"  # not before the mail is read
    path = link_in_mail()
    assert client.get(path).status_code == 200  # a mail scanner's GET confirms nothing
    assert client.post(path)["Location"] == "/t/"
    assert client.get("/t/")["Location"] == "/new/"
    form = {"name": "測試", "slug": "", "language": "zh-hant", "time_zone": "Asia/Taipei"}
    home = client.post("/new/", form)["Location"]
    assert re.fullmatch(r"/t/team-[0-9a-z]{6}/", home)
    assert client.get("/")["Location"] == "/t/"
    assert client.get("/t/")["Location"] == home
    assert client.get(f"{home}settings/").status_code == 200


def test_a_wrong_password_says_nothing_about_the_address(client: Client) -> None:
    make_user(SIGN_UP["email"])
    wrong = log_in(client, password="wrong-2026")
    nobody = client.post("/accounts/login/", {"login": "nobody@example.org", "password": PASSWORD})
    assert wrong.context["form"].non_field_errors() == nobody.context["form"].non_field_errors()


def test_signing_up_twice_tells_only_the_owner(client: Client) -> None:
    make_user(SIGN_UP["email"])
    answer = client.post("/accounts/signup/", SIGN_UP)
    assert answer["Location"] == "/accounts/confirm-email/"
    assert "account already" in mails()[-1].subject


def test_a_forgotten_password(client: Client) -> None:
    user = make_user(SIGN_UP["email"])
    client.post("/accounts/password/reset/", {"email": user.email})
    page = client.get(link_in_mail(), follow=True)
    path = page.redirect_chain[-1][0]
    new = "another-lamp-2026"
    done = client.post(path, {"password1": new, "password2": new}, follow=True)
    assert b"Log in" in done.content
    user.refresh_from_db()
    assert user.check_password(new)
    assert "changed" in mails()[-1].subject
    again = Client().get(path, follow=True)
    assert b"no longer works" in again.content


def test_mails_are_in_the_readers_language(client: Client) -> None:
    client.cookies["django_language"] = "zh-hant"
    user = sign_up(client)
    assert user.language == "zh-hant"
    with translation.override("zh-hant"):
        subject = _("Choose a new password")
    mails().clear()
    english = Client(headers={"Accept-Language": "en"})  # whoever asks, it is for the reader
    english.post("/accounts/password/reset/", {"email": user.email})
    assert subject in mails()[0].subject


def test_changing_the_address_waits_for_the_mail(client: Client) -> None:
    user = make_user(SIGN_UP["email"])
    log_in(client)
    client.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    user.refresh_from_db()
    assert user.email == SIGN_UP["email"]
    client.post(link_in_mail())
    user.refresh_from_db()
    assert user.email == "new@example.org"


def reauthenticated(client: Client, path: str) -> Any:
    """Open a page that asks for the password first."""
    asked = client.get(path)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert client.get(asked["Location"]).status_code == 200
    assert client.post(asked["Location"], {"password": PASSWORD}).status_code == 302
    return client.get(path)


def switch_on(client: Client) -> str:
    """Switch the second factor on; return the secret that the app keeps."""
    page = reauthenticated(client, "/accounts/2fa/totp/activate/")
    secret = str(page.context["form"].secret)
    assert b"data:image/svg+xml" in page.content
    answer = client.post("/accounts/2fa/totp/activate/", {"code": six_digits(secret)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    return secret


@pytest.mark.django_db(transaction=True)  # allauth mails after the commit
def test_a_second_factor_from_on_to_off(client: Client) -> None:
    make_user(SIGN_UP["email"])
    log_in(client)
    secret = switch_on(client)
    assert "on" in mails()[-1].subject
    page = client.get("/accounts/2fa/recovery-codes/")
    codes = page.context["unused_codes"]
    assert len(codes) == 10
    assert codes[0].encode() in client.get("/accounts/2fa/recovery-codes/download/").content
    assert client.get("/accounts/2fa/").status_code == 200

    phone_lost = Client()
    assert log_in(phone_lost)["Location"] == "/accounts/2fa/authenticate/"
    assert phone_lost.get("/accounts/2fa/authenticate/").status_code == 200
    assert phone_lost.get("/t/")["Location"].startswith("/accounts/login/")  # not in yet
    wrong = phone_lost.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert phone_lost.post("/accounts/2fa/authenticate/", {"code": codes[0]})["Location"] == "/t/"
    again = Client()
    log_in(again)
    used = again.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert used.status_code == 200  # a recovery code works once

    assert client.post("/accounts/2fa/totp/deactivate/")["Location"] == "/accounts/2fa/"
    assert log_in(Client())["Location"] == "/t/"
    assert secret


def test_secrets_of_the_second_factor_are_encrypted(client: Client) -> None:
    make_user(SIGN_UP["email"])
    log_in(client)
    secret = switch_on(client)
    stored = json.dumps([one.data for one in Authenticator.objects.all()])
    assert secret not in stored
    assert stored.count("gAAAA") == 2  # a Fernet token each for the secret and the codes' seed


def test_secrets_of_the_second_factor_move_to_a_new_key(client: Client, settings: Any) -> None:
    make_user(SIGN_UP["email"])
    log_in(client)
    switch_on(client)
    old, new = settings.FIELD_ENCRYPTION_KEY, Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEY = [new, *old]
    assert rotate_authenticators(dry_run=True).renewed == 2
    assert rotate_authenticators(batch=1).renewed == 2
    assert rotate_authenticators().current == 2
    settings.FIELD_ENCRYPTION_KEY = [new]
    again = Client()
    log_in(again)
    assert again.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    recovery = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    assert again.post("/accounts/2fa/authenticate/", {"code": recovery})["Location"] == "/t/"
    settings.FIELD_ENCRYPTION_KEY = [Fernet.generate_key().decode()]
    assert len(rotate_authenticators().unreadable) == 2


def test_logging_out(client: Client) -> None:
    make_user(SIGN_UP["email"])
    log_in(client)
    assert client.get("/accounts/logout/").status_code == 200  # asks first
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert client.get("/t/").status_code == 302


PAGES = [
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/password/reset/key/x-y/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/nonsense/",
    "/accounts/inactive/",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_pages_before_the_log_in(client: Client, path: str, language: str) -> None:
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert f'<html lang="{language}"' in page
    assert 'style="' not in page
    assert "portal/portal.css" in page


OWN_PAGES = ["", "email/", "password/change/", "2fa/", "reauthenticate/", "logout/"]


@pytest.mark.parametrize("path", OWN_PAGES)
def test_pages_about_ones_own_log_in(client: Client, path: str) -> None:
    client.force_login(make_user())
    answer = client.get(f"/accounts/{path}")
    assert answer.status_code == 200
    assert "portal/portal.css" in answer.content.decode()


def test_the_profile_is_saved(client: Client) -> None:
    user = make_user()
    client.force_login(user)
    assert client.post("/accounts/", {"name": "王小明", "language": "zh-hans"}).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.language) == ("王小明", "zh-hans")
    assert '<html lang="zh-hans"' in client.get("/accounts/").content.decode()


def test_the_language_menu(client: Client) -> None:
    client.post("/i18n/setlang/", {"language": "zh-hant", "next": "/"})
    assert '<html lang="zh-hant"' in client.get("/").content.decode()
    user = make_user(language="en")
    client.force_login(user)
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/accounts/"})
    user.refresh_from_db()
    assert user.language == "zh-hans"
    client.post("/i18n/setlang/", {"language": "klingon"})
    user.refresh_from_db()
    assert user.language == "zh-hans"
    assert client.get("/i18n/setlang/").status_code == 405
