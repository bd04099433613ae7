"""What the doctor's findings come to: an account's state, and when it is looked at again."""

from __future__ import annotations

from datetime import datetime, timedelta

from ovh_sniper.gateways.errors import Busy, Kind, OvhError, Refused, Unreachable
from ovh_sniper.gateways.ovh import Credentials
from ovh_sniper.models import Account
from ovh_sniper.services.accounts import consents, examining, findings
from ovh_sniper.services.accounts.findings import Finding

State = Account.State
# Refusals of the credentials themselves; any other is of one call, and may be of the moment.
BREAKING = frozenset(
    {
        Kind.CREDENTIAL_INVALID,
        Kind.CREDENTIAL_UNKNOWN,
        Kind.KEY_INVALID,
        Kind.BAD_SIGNATURE,
        Kind.NOT_ALLOWED,
        Kind.WRONG_SUBSIDIARY,
    }
)
# Findings that leave an account able to order, but not to do all it should.
LIMITING = frozenset({"missing", "incomplete", "no_payment_method"})
# Said of the last look only: the next one that gets an answer takes them back.
PASSING = frozenset({"busy", "unreachable", Kind.OTHER.value})
# Said of a consent, which is looked at anew each time.
OF_CONSENT = frozenset({"consent_open", "consent_ended"})

DAILY, LIMITED = timedelta(days=1), timedelta(hours=6)
# Waits after a look without an answer, and after a refusal; doubled each time, up to the longest.
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=1)
FIRST_BROKEN, LONGEST_BROKEN = timedelta(minutes=10), timedelta(days=1)
# A consumer key's end is told this long before.
WARNINGS = (timedelta(days=7), timedelta(days=1))


def breaks(error: OvhError) -> bool:
    """Tell whether nothing can be done with an account that OVH answers like this."""
    return isinstance(error, Refused) and (error.code == 0 or error.kind in BREAKING)


def of_error(account: Account, credentials: Credentials, error: OvhError, now: datetime) -> Finding:
    """Return what an error means for an account.

    Calls OVH: keys that their own host does not know may be known to another one.
    """
    if not isinstance(error, Refused) or error.code == 0:
        return findings.of_error(error)
    if (host := examining.real_host(credentials, error)) is not None:
        return {"code": "wrong_host", "host": host.value, "chosen": account.host}
    ended = account.expires_at
    if error.kind is Kind.CREDENTIAL_INVALID and ended is not None and ended <= now:
        return {"code": "expired", "at": ended.isoformat()}
    return findings.of_error(error)


def without_answer(error: Finding, before: list[Finding]) -> list[Finding]:
    """Return the findings of a look that got no answer: what was known before stays true."""
    over = PASSING | OF_CONSENT | {error["code"]}
    return [error, *(one for one in before if one["code"] not in over)]


def state_of(found: list[Finding]) -> str:
    """Return the state of an account that OVH answered."""
    is_limited = any(one["code"] in LIMITING for one in found)
    return State.LIMITED if is_limited else State.READY


def ending(expires_at: datetime | None, now: datetime) -> list[Finding]:
    """Return the finding that a consumer key ends soon, or none."""
    if expires_at is None or expires_at - now > max(WARNINGS):
        return []
    return [{"code": "expires", "at": expires_at.isoformat()}]


def warning_due(expires_at: datetime | None, now: datetime) -> int | None:
    """Return the days (7, 1) of the latest warning that is due before a key's end; None: none."""
    if expires_at is None or expires_at <= now:
        return None
    due = [one.days for one in WARNINGS if expires_at - now <= one]
    return min(due, default=None)


def next_look(account: Account, error: OvhError | None, now: datetime) -> datetime:
    """Return when an account is looked at again, from its state and its failures in a row."""
    times = [now + _wait(account, error)]
    if account.consent_back and error is None:
        times.append(now + consents.EVERY)
    if account.expires_at is not None and account.state != State.BROKEN:
        ends = account.expires_at
        marks = (*(ends - one for one in WARNINGS), ends)
        times += [mark for mark in marks if mark > now]
    return min(times)


def _wait(account: Account, error: OvhError | None) -> timedelta:
    if error is not None:
        asked = error.retry_after if isinstance(error, Busy | Unreachable) else 0.0
        return max(_doubled(FIRST_RETRY, LONGEST_RETRY, account), timedelta(seconds=asked))
    if account.state == State.BROKEN:
        return _doubled(FIRST_BROKEN, LONGEST_BROKEN, account)
    return LIMITED if account.state == State.LIMITED else DAILY


def _doubled(first: timedelta, longest: timedelta, account: Account) -> timedelta:
    doublings = min(max(account.failures - 1, 0), 16)
    return min(first * (1 << doublings), longest)
