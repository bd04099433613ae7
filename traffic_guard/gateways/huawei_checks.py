"""Tries each right that the guard needs at Huawei Cloud, without any effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from traffic_guard.gateways.accounts import Finding, Place
from traffic_guard.gateways.answers import Call
from traffic_guard.gateways.errors import CloudError, Kind, Refused
from traffic_guard.gateways.huawei_accounts import PROJECTS, RESOURCES, Accounts
from traffic_guard.gateways.huawei_metrics import ADDRESSES, METRICS, Metrics
from traffic_guard.gateways.huawei_quota import PACKAGES, Quota
from traffic_guard.gateways.huawei_servers import DETAILS, START, STOP, Servers
from traffic_guard.gateways.servers import Eip


class Checks:
    """The probes of one account."""

    def __init__(
        self, accounts: Accounts, quota: Quota, servers: Servers, metrics: Metrics
    ) -> None:
        self._accounts, self._quota = accounts, quota
        self._servers, self._metrics = servers, metrics

    def run(self, place: Place | None) -> tuple[Finding, ...]:
        """Return a finding for each right; `place` is looked for where it is not given."""
        places = [place] if place else []

        def look_for_places() -> None:
            regions = self._accounts.projects()
            places.extend(Place(one.region, one.project_id) for one in regions if not place)

        return (
            _tried(PROJECTS, look_for_places),
            _tried(RESOURCES, lambda: self._accounts.page(limit=1)),
            _tried(PACKAGES, lambda: self._quota.package_page(limit=1)),
            *self._in_place(places[0] if places else None),
            *map(_untried, (STOP, START)),
        )

    def _in_place(self, place: Place | None) -> Iterator[Finding]:
        if place is None:
            for call in (DETAILS, ADDRESSES, METRICS):
                words = _("Not tried: no region of this account is known.")
                yield Finding(call.api, call.action, None, words)
            return
        yield _tried(DETAILS, lambda: self._servers.details(place, limit=1))
        eips: list[Eip] = []
        yield _tried(ADDRESSES, lambda: eips.extend(self._metrics.first(place)))
        # an address that does not exist asks for the same right
        eip = eips[0] if eips else Eip("none", "", "none", "")
        now = datetime.now(UTC)
        yield _tried(
            METRICS, lambda: list(self._metrics.sums(place, [eip], now - timedelta(hours=1), now))
        )


def _tried(call: Call, probe: Callable[[], object]) -> Finding:
    try:
        probe()
    except Refused as error:
        if error.kind is Kind.CREDENTIAL:
            raise  # no word on rights: nobody is known by these keys
        return Finding(
            api=call.api,
            action=error.action or call.action,
            is_granted=False,
            words=_words(error),
            code=error.code,
            kind=error.kind.value,
        )
    except CloudError as error:
        words = _("Could not be tried: %(error)s") % {"error": error}
        return Finding(call.api, call.action, None, words)
    return Finding(call.api, call.action, is_granted=True, words=_("Granted."))


def _words(error: Refused) -> str:
    if error.kind is Kind.DENIED:
        return _("The keys lack the right %(action)s.") % {"action": error.action}
    if error.kind is Kind.WRONG_SITE:
        return _("This account belongs to another site of Huawei Cloud.")
    if error.kind is Kind.FROZEN:
        return _("The account is frozen or has no balance left.")
    return _("Refused: %(error)s") % {"error": error}


def _untried(call: Call) -> Finding:
    words = _("Cannot be tried without effect. It shows at the first use.")
    return Finding(call.api, call.action, None, words)
