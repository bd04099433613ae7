"""The web server's short way and Django's own give Telegram the same answers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from bots import registry
from bots.models import Bot, Receipt
from bots.testing import Someone, keys_of, make_bot, outgoing
from bots.tests.toy import install
from bots.tests.ways import JSON, Broken, Telegram, by_django, by_lane, by_server
from tenants.models import Tenant
from tenants.scoping import scope

# both end a request as the web server does, which closes the connection
pytestmark = pytest.mark.django_db(transaction=True)

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def toy() -> Iterator[None]:
    with install():
        yield


@pytest.fixture
def bot(transactional_db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"), products=("toy",))


@pytest.fixture(params=[by_server, by_django])
def telegram(bot: Bot, request: pytest.FixtureRequest) -> Telegram:
    return Telegram(request.param, bot)


@pytest.fixture
def served(bot: Bot) -> Telegram:
    return Telegram(by_server, bot)


def error(code: str) -> bytes:
    return json.dumps({"error": code}, separators=(",", ":")).encode()


def receipts(bot: Bot) -> int:
    with scope(bot.tenant):
        return Receipt.objects.count()


def test_an_update_is_answered_in_the_response(telegram: Telegram) -> None:
    ada = Someone(telegram.bot)
    reply = telegram.update(ada.message("/poke hard"))
    assert (reply.status, reply.headers["Content-Type"]) == (200, JSON)
    call = {"method": "sendMessage", "chat_id": ada.telegram_id, "text": "poked hard"}
    assert json.loads(reply.body) == call


def test_an_update_without_an_answer_gets_an_empty_body(telegram: Telegram) -> None:
    assert telegram.update({"update_id": 1}).seen == (200, JSON, b"")


def test_a_repeat_gets_the_same_answer_and_changes_nothing(telegram: Telegram) -> None:
    update = Someone(telegram.bot).message("/poke")
    first = telegram.update(update)
    assert telegram.update(update) == first
    assert receipts(telegram.bot) == 1
    assert outgoing(telegram.bot) == []


def test_a_repeat_by_the_other_way_is_a_repeat(bot: Bot) -> None:
    update = Someone(bot).message("/poke")
    replies = [Telegram(way, bot).update(update).seen for way in (by_server, by_django, by_lane)]
    assert replies[0] == replies[1] == replies[2]
    assert receipts(bot) == 1


def test_an_unknown_address_is_404(telegram: Telegram) -> None:
    for token in ("nobody", "\xc3\xbc", "\xff", "a%2Fb", "..", " "):
        reply = telegram.send(b"{}", PATH_INFO=f"/api/webhook/{token}/")
        assert reply.seen == (404, JSON, error("unknown_webhook"))


def test_a_wrong_or_missing_secret_is_403_and_does_nothing(telegram: Telegram) -> None:
    body = json.dumps(Someone(telegram.bot).message("/poke")).encode()
    for secret in (None, "", "wrong", "\xff"):
        reply = telegram.send(body, HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN=secret)
        assert reply.seen == (403, JSON, error("wrong_secret"))
    assert receipts(telegram.bot) == 0


def test_other_methods_are_405_and_told_which_one_is_right(telegram: Telegram) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        reply = telegram.send(b"", REQUEST_METHOD=method)
        assert reply.seen == (405, JSON, error("method_not_allowed"))
        assert reply.headers["Allow"] == "POST"
    # whose body the web server does not send
    reply = telegram.send(b"", REQUEST_METHOD="HEAD")
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")


def test_a_long_body_is_413_and_not_one_byte_of_it_is_read(telegram: Telegram) -> None:
    for length in (str(MIB + 1), "9" * 30):
        reply = telegram.send(b"", CONTENT_LENGTH=length, **{"wsgi.input": Broken()})
        assert reply.seen == (413, JSON, error("too_large"))


def test_a_length_that_is_none_is_413_where_the_server_lets_it_pass(bot: Bot) -> None:
    for length in ("-1", "1e3", "x"):
        changes = {"CONTENT_LENGTH": length, "wsgi.input": Broken()}
        assert Telegram(by_django, bot).send(b"", **changes).seen[::2] == (413, error("too_large"))


def test_a_body_of_just_the_limit_is_read(telegram: Telegram) -> None:
    body = b'{"update_id": 1}'.ljust(MIB)
    assert telegram.send(body).seen == (200, JSON, b"")


NO_JSON = [b"", b"not json", b'{"update_id": 1', b"\xff"]
NO_UPDATE = [b"[]", b"{}", b'{"update_id": "7"}', b'{"update_id": 99999999999999999999}']


def test_what_is_no_update_is_400(telegram: Telegram) -> None:
    for body in NO_JSON:
        assert telegram.send(body).seen == (400, JSON, error("not_json"))
    for body in NO_UPDATE:
        assert telegram.send(body).seen == (400, JSON, error("no_update_id"))


def test_a_body_of_no_told_length_is_none(telegram: Telegram) -> None:
    for length in (None, "", "0"):
        reply = telegram.send(b'{"update_id": 1}', CONTENT_LENGTH=length)
        assert reply.seen == (400, JSON, error("not_json"))


def test_a_chunked_body_is_read_up_to_the_limit(telegram: Telegram) -> None:
    # as gunicorn tells of one (config/tests/test_worker.py)
    chunked = {"CONTENT_LENGTH": None, "wsgi.input_terminated": True}
    whole = b'{"update_id": 1}'.ljust(MIB)
    assert telegram.send(whole, **chunked).seen == (200, JSON, b"")
    assert receipts(telegram.bot) == 0  # nothing of ours wants it
    endless = io.BytesIO(b" " * (2 * MIB))
    reply = telegram.send(b"", **{**chunked, "wsgi.input": endless})
    assert reply.seen == (413, JSON, error("too_large"))
    assert endless.tell() == MIB + 1


def test_no_more_is_read_than_the_told_length(telegram: Telegram) -> None:
    body = b'{"update_id": 1}'
    reply = telegram.send(body + b"GET / HTTP/1.1", CONTENT_LENGTH=str(len(body)))
    assert reply.seen == (200, JSON, b"")


@pytest.mark.parametrize("forget", [lambda: None, registry.clear])
def test_the_store_away_is_503_and_the_update_is_taken_later(
    telegram: Telegram, forget: Callable[[], None]
) -> None:
    def away(*args: Any) -> Any:
        raise OperationalError("unable to open database file")

    ada = Someone(telegram.bot)
    telegram.update(ada.message("/poke"))
    update = ada.message("/poke again")
    forget()
    with connection.execute_wrapper(away):
        reply = telegram.update(update)
    assert reply.seen == (503, JSON, error("store_unavailable"))
    assert reply.headers["Retry-After"] == "5"
    assert json.loads(telegram.update(update).body)["text"] == "poked again"


def test_a_handler_that_fails_is_500_until_its_update_is_parked(telegram: Telegram) -> None:
    update = Someone(telegram.bot).message("/fail")
    replies = [telegram.update(update).seen for _time in range(3)]
    assert replies == [(500, JSON, error("handler_failed"))] * 2 + [(200, JSON, b"")]


def test_a_failure_of_our_own_is_500_by_either_way(telegram: Telegram) -> None:
    assert telegram.send(b"{}", **{"wsgi.input": Broken()}).status == 500


def test_the_server_tells_a_failure_of_our_own_in_json_and_goes_on(
    served: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    reply = served.send(b"{}", **{"wsgi.input": Broken()})
    assert reply.seen == (500, JSON, error("server_error"))
    assert "nobody reads this" in caplog.text
    assert served.update(Someone(served.bot).message("/poke")).status == 200


def test_the_length_of_each_answer_is_told(served: Telegram) -> None:
    update = Someone(served.bot).message("/poke")
    for reply in (served.update(update), served.update({"update_id": 1}), served.send(b"")):
        assert reply.headers["Content-Length"] == str(len(reply.body))


PAGES = [("/accounts/login/", 200), ("/nowhere/", 404), ("/x/api/webhook/a/", 404)]
NO_ADDRESSES = ["/api/webhook/", "/api/webhook//", "/api/webhook/a/b/", "/api/webhooks/a/"]


def test_other_paths_are_djangos(telegram: Telegram) -> None:
    for path, status in [*PAGES, *((path, 404) for path in NO_ADDRESSES)]:
        reply = telegram.send(b"", REQUEST_METHOD="GET", PATH_INFO=path, CONTENT_TYPE=None)
        # the second is what no webhook's answer has
        assert (path, reply.status, "X-Frame-Options" in reply.headers) == (path, status, True)


def test_an_address_without_its_last_slash_is_djangos_and_takes_no_update(
    telegram: Telegram,
) -> None:
    path = f"/api/webhook/{keys_of(telegram.bot).hook_token}"
    body = json.dumps(Someone(telegram.bot).message("/poke")).encode()
    reply = telegram.send(body, PATH_INFO=path)
    assert (reply.status, "X-Frame-Options" in reply.headers) == (404, True)
    assert receipts(telegram.bot) == 0


class TestConnections:
    """What is left of the database connection after an update."""

    pytestmark = pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="SQLite's database in memory is gone with its connection",
    )

    def test_a_broken_one_is_replaced_for_the_next_update(self, served: Telegram) -> None:
        ada = Someone(served.bot)
        assert served.update(ada.message("/poke")).status == 200
        kill(backend())
        update = ada.message("/poke again")
        assert served.update(update).status == 503
        assert json.loads(served.update(update).body)["text"] == "poked again"

    def test_a_transaction_left_open_by_a_failure_is_given_up(self, served: Telegram) -> None:
        class Careless(Broken):
            def read(self, size: int = -1) -> bytes:
                transaction.set_autocommit(False)
                Tenant.objects.update(name="Changed")
                return super().read(size)

        assert served.send(b"{}", **{"wsgi.input": Careless()}).status == 500
        assert transaction.get_autocommit()
        assert Tenant.objects.get(pk=served.bot.tenant_id).name == "Acme"
        assert served.update(Someone(served.bot).message("/poke")).status == 200


def backend() -> int:
    """Return the number of the server's process behind our connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def kill(pid: int) -> None:
    """End a server's process from another connection, and wait until it is gone."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
            assert cursor.fetchone() == (True,)
    finally:
        other.close()
