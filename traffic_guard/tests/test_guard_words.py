"""Why was this server stopped, or not? Each decision answers in a sentence, with its evidence."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from tenants.scoping import scope
from traffic_guard.models import Decision
from traffic_guard.services.guarding import decision_words, decisions
from traffic_guard.services.guarding.verdicts import OUTLOOKS, Event, Verdict
from traffic_guard.services.telling import costs_while_off, reasons
from traffic_guard.testing import make_account, make_server
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Asia/Taipei")


def said(guarded: Guarded, code: str) -> str:
    with scope(guarded.tenant):
        found = decisions.of_server(guarded.server()).filter(code=code).first()
        assert found is not None
        return decision_words.sentence(found, ZONE)


def test_a_whole_story_reads_from_the_first_reading_to_the_proof(guarded: Guarded) -> None:
    guarded.stopped_by_guard()
    assert said(guarded, "unconfirmed").startswith("Not stopped yet: 20 GB left, less than 50 GB")
    assert "below the threshold of 50 GB" in said(guarded, "planned")
    assert "two readings in a row" in said(guarded, "planned")
    assert "Looked at once more and ordered" in said(guarded, "ordered")
    assert said(guarded, "sent").startswith("Stop sent")
    assert said(guarded, "done") == "Stop done: the live state proves it."
    with scope(guarded.tenant):
        planned = decisions.of_server(guarded.server()).get(code="planned")
        lines = dict(decision_words.evidence(planned, ZONE))
        policy = {one.name: one for one in decision_words.policy(planned)}
    assert lines["Left, as billed"] == "20 GB"
    assert lines["Threshold"].startswith("50 GB (")
    assert any(label.startswith("Read at") for label in lines)
    assert lines["Confirmed by"].startswith("two readings")
    assert policy["auto_stop"].value == "yes"
    assert policy["auto_stop"].source == "tenant"
    assert policy["resume_at_reset"].source == "default"


def test_why_not_is_said_as_well(guarded: Guarded) -> None:
    guarded.policy(auto_stop=False)
    guarded.add_server()
    guarded.runs_low()
    sentence = said(guarded, "auto_off")
    assert sentence.startswith("Not stopped: automatic stops are off (set for the workspace).")
    assert "Looked at 2 times since" in sentence
    guarded.emulator.lose("web", 1)
    guarded.passes(minutes=15)
    guarded.look()
    assert "unknown never stops a server" in said(guarded, "unknown")


def test_a_time_at_the_end_of_a_sentence_brings_no_second_full_stop(guarded: Guarded) -> None:
    server, at = guarded.add_server(), guarded.now.isoformat()
    with scope(guarded.tenant):
        row = decisions.note(server, "postponed", guarded.now, actor="Alice", execute_at=at)
        sentence = decision_words.sentence(row, ZONE)
    assert sentence.endswith(".m.")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_code_has_a_sentence_whatever_its_facts_lack(guarded: Guarded, language: str) -> None:
    server = guarded.add_server()
    with scope(guarded.tenant), translation.override(language):
        for code in (*Verdict, *Event):
            row = decisions.note(server, code, guarded.now)
            sentence = decision_words.sentence(row, ZONE)
            assert decision_words.evidence(row, ZONE) == []
            assert decision_words.policy(row) == []
            assert sentence != code
            assert "%" not in sentence


@pytest.mark.parametrize(
    ("event", "code", "words"),
    [
        ("withdrawn", "protected", "Stop taken back before it was sent: the server is protected."),
        ("refused", "locked", "Stop refused: The server is locked"),
        ("refused", "job_failed", "Stop refused: the cloud’s job failed."),
        ("unverified", "no_effect", "Stop not confirmed: the cloud says that it is done"),
        ("resume_waits", "", "Stays off after the reset: no more is left than the threshold."),
        ("dropped", "", "The planned stop was given up: more is left again than the threshold."),
    ],
)
def test_ends_say_why(guarded: Guarded, event: str, code: str, words: str) -> None:
    server = guarded.add_server()
    reason = {"resume_waits": "no_quota", "dropped": "above"}.get(event, "")
    with scope(guarded.tenant):
        row = decisions.note(server, event, guarded.now, kind="stop", code=code, reason=reason)
        assert decision_words.sentence(row, ZONE).startswith(words)


def test_the_same_verdict_in_a_row_is_one_row(guarded: Guarded) -> None:
    guarded.add_server()
    for _poll in range(3):
        guarded.passes(minutes=15)
        guarded.look()
    with scope(guarded.tenant):
        (row,) = Decision.objects.all()
    assert (row.code, row.times) == ("above", 3)
    assert row.last_at == guarded.now


def test_messages_know_every_word_that_they_may_get() -> None:
    unknown = [word for word in OUTLOOKS if not reasons.clause(word)]
    assert unknown == []


@pytest.mark.parametrize(
    ("kind", "charging", "words"),
    [
        ("flexus", "prepaid", "Already paid"),
        ("ecs", "prepaid", "Already paid"),
        ("ecs", "usage", "no capacity"),
        ("ecs", "spot", "spot server"),
        ("ecs", "", "not known"),
    ],
)
def test_what_goes_on_costing_money_while_it_is_off(
    guarded: Guarded, kind: str, charging: str, words: str
) -> None:
    account = make_account(guarded.tenant, name="Other", access_key="OTHERACCESSKEY000001")
    server = make_server(account, kind=kind, charging=charging)
    assert words in costs_while_off.text(server)
