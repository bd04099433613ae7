"""Mails about log-ins: queued by the page, sent by a worker, tried again, and forgotten."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from tenants import tasks
from tenants.mail_queue import MailQueue
from tenants.models import AccountMail
from tenants.services import account_mails
from tenants.testing import make_user

pytestmark = pytest.mark.django_db
ADDRESS = "dora@example.org"
LINK = "https://botharbor.test/accounts/password/reset/key/1-secret/"
NOW = timezone.now()


class Server(EmailBackend):
    """A mail server that fails for some recipients, as `failures` says."""

    failures: dict[str, Exception] = {}
    asked: list[str] = []

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            (to,) = message.to
            self.asked.append(to)
            if to in self.failures:
                raise self.failures[to]
        return super().send_messages(messages)


@pytest.fixture
def server(settings: Any) -> type[Server]:
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    Server.failures, Server.asked = {}, []
    return Server


@pytest.fixture(autouse=True)
def _fresh_rates() -> None:
    """Let each test start with nothing tried: allauth counts attempts in the cache."""
    cache.clear()


def queue(address: str = ADDRESS) -> AccountMail:
    (row,) = account_mails.queue(EmailMessage("Hi", LINK, "us@example.org", [address]), now=NOW)
    return row


def ask_for_a_link(client: Client) -> None:
    make_user(ADDRESS)
    assert client.post("/accounts/password/reset/", {"email": ADDRESS}).status_code == 302


def test_no_page_waits_for_the_mail_server(client: Client, server: type[Server]) -> None:
    server.failures = {ADDRESS: TimeoutError()}
    ask_for_a_link(client)
    assert server.asked == []
    assert AccountMail.objects.get().address == ADDRESS


def test_a_worker_sends_what_allauth_wrote_and_forgets_it(client: Client) -> None:
    ask_for_a_link(client)
    assert mail.outbox == []
    tasks.sweep_account_mails()
    (sent,) = mail.outbox
    assert "/accounts/password/reset/key/" in sent.body
    assert (sent.to, sent.subject[:11]) == ([ADDRESS], "[Botharbor]")
    assert not AccountMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_after_the_commit(settings: Any) -> None:
    settings.NUDGE_SENDERS = True  # tests run tasks in the caller
    message = EmailMessage("Hi", LINK, "us@example.org", [ADDRESS], connection=MailQueue())
    with transaction.atomic():
        message.send()
        assert mail.outbox == []
    assert [one.to for one in mail.outbox] == [[ADDRESS]]


def test_the_link_is_encrypted_while_it_waits() -> None:
    queue()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tenants_accountmail")
        assert "secret" not in str(cursor.fetchall())


def test_a_mail_with_its_html_form_arrives_as_it_was() -> None:
    message = mail.EmailMultiAlternatives(
        "Hi", "plain", "us@example.org", [ADDRESS], headers={"X-Kind": "test"}
    )
    message.attach_alternative("<b>rich</b>", "text/html")
    (row,) = account_mails.queue(message, now=NOW)
    account_mails.deliver_due(NOW)
    (sent,) = mail.outbox
    assert sent.from_email == "us@example.org"
    assert sent.extra_headers == {"Message-ID": f"<{row.public_id}@botharbor>", "X-Kind": "test"}
    assert list(map(tuple, getattr(sent, "alternatives", []))) == [("<b>rich</b>", "text/html")]


def test_each_recipient_gets_a_mail_of_his_own() -> None:
    both = EmailMessage("Hi", "x", "us@example.org", ["a@example.org", "b@example.org"])
    account_mails.queue(both, now=NOW)
    account_mails.deliver_due(NOW)
    assert [sent.to for sent in mail.outbox] == [["a@example.org"], ["b@example.org"]]


def test_a_server_that_is_away_is_asked_again_later_and_later(server: type[Server]) -> None:
    server.failures = {ADDRESS: ConnectionRefusedError()}
    row = queue()
    waits = []
    now = NOW
    for _try in range(8):
        account_mails.deliver_due(now)
        row.refresh_from_db()
        assert row.due_at is not None
        waits.append((row.due_at - now).total_seconds())
        now = row.due_at
    assert waits == [10, 20, 40, 80, 160, 320, 640, 900]
    assert (row.attempts, row.error) == (8, "ConnectionRefusedError")
    server.failures = {}
    account_mails.deliver_due(now)
    assert server.asked == [ADDRESS] * 9
    assert not AccountMail.objects.exists()


def test_while_the_server_is_away_one_mail_asks_for_all(server: type[Server]) -> None:
    server.failures = {"a@example.org": TimeoutError()}
    queue("a@example.org")
    queue("b@example.org")
    account_mails.deliver_due(NOW)
    assert server.asked == ["a@example.org"]
    account_mails.deliver_due(NOW + timedelta(seconds=5))
    assert server.asked == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"no such user")}), "550 no such user"),
        (smtplib.SMTPDataError(554, b"looks like spam"), "554 looks like spam"),
    ],
)
def test_a_mail_refused_for_good_keeps_only_the_reason(
    server: type[Server], refusal: Exception, words: str
) -> None:
    server.failures = {ADDRESS: refusal}
    row, other = queue(), queue("b@example.org")
    account_mails.deliver_due(NOW)
    row.refresh_from_db()
    assert (row.due_at, row.content, row.error) == (None, None, words)
    assert not AccountMail.objects.filter(pk=other.pk).exists()  # it went out all the same
    account_mails.deliver_due(NOW + timedelta(days=2))
    assert server.asked == [ADDRESS, "b@example.org"]


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({ADDRESS: (450, b"try again")}),
        smtplib.SMTPAuthenticationError(535, b"wrong password"),
        smtplib.SMTPSenderRefused(550, b"not this sender", "us@example.org"),
        smtplib.SMTPServerDisconnected("gone"),
    ],
)
def test_what_can_be_mended_within_a_day_waits(server: type[Server], error: Exception) -> None:
    server.failures = {ADDRESS: error}
    row = queue()
    account_mails.deliver_due(NOW)
    row.refresh_from_db()
    assert row.due_at == NOW + timedelta(seconds=10)
    account_mails.deliver_due(NOW + timedelta(hours=24))
    assert AccountMail.objects.filter(pk=row.pk, due_at=None, content__isnull=True).exists()


def test_a_mail_that_somebody_else_is_sending_is_left_to_him(server: type[Server]) -> None:
    row = queue()
    # what a sender leaves behind that dies while it sends
    claimed = NOW + account_mails.CLAIM
    AccountMail.objects.update(due_at=claimed, attempts=1)
    account_mails.deliver(row.pk, now=NOW)
    account_mails.deliver_due(NOW)
    assert server.asked == []
    account_mails.deliver_due(claimed)
    assert server.asked == [ADDRESS]


def test_mails_that_were_given_up_are_forgotten_after_a_month(server: type[Server]) -> None:
    server.failures = {"a@example.org": smtplib.SMTPDataError(554, b"spam")}
    queue("a@example.org")
    account_mails.deliver_due(NOW)
    waiting = queue()
    account_mails.purge(NOW + timedelta(days=29))
    assert AccountMail.objects.count() == 2
    account_mails.purge(NOW + timedelta(days=31))
    assert AccountMail.objects.get() == waiting


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_leaves_the_mail_to_the_sweep(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **how: Any) -> None:
        raise OperationalError("no broker")

    settings.NUDGE_SENDERS = True
    monkeypatch.setattr(tasks.send_account_mail, "apply_async", away)
    ask_for_a_link(client)
    assert mail.outbox == []
    tasks.sweep_account_mails()
    assert len(mail.outbox) == 1
