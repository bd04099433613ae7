"""Asks a cloud what keys may do there and where their account lives; writes nothing."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from traffic_guard.gateways.accounts import Finding as Probe
from traffic_guard.gateways.cloud import CloudError, CloudProvider, Kind, Place, Project, Refused
from traffic_guard.gateways.registry import provider_choices
from traffic_guard.models import Account, Server
from traffic_guard.services.accounts import findings, permissions
from traffic_guard.services.accounts.access import Connect
from traffic_guard.services.accounts.findings import Finding

# keys that one site does not know may be known to another
MISPLACED = frozenset({Kind.CREDENTIAL, Kind.WRONG_SITE})


@dataclass(slots=True)
class Examination:
    """What the cloud said; `wrong_site`: its billing does not know the account on this site."""

    domain_id: str = ""
    projects: tuple[Project, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    wrong_site: bool = False


def examine(account: Account, connect: Connect) -> Examination:
    """Return what the cloud lets an account do, each right once.

    Raises:
        CloudError: the cloud does not take the keys at all, or was not reached.
    """
    asked = copy.copy(account)
    # whose keys they are is looked up anew: they may be another account's
    asked.domain_id = ""
    found = Examination()
    cloud = connect(asked)
    found.domain_id = cloud.domain_id()
    found.projects = _projects(cloud)
    for probe in cloud.check(_place(account, found.projects)):
        found.findings.append(_finding(account, probe))
        found.wrong_site |= probe.kind == Kind.WRONG_SITE
    return found


def real_site(account: Account, connect: Connect) -> str:
    """Return the other site of the cloud that knows the keys; "" for none."""
    sites = next((one.sites for one in provider_choices() if one.slug == account.provider), ())
    for site, _title in sites:
        if site != account.site and _knows(account, site, connect):
            return site
    return ""


def _projects(cloud: CloudProvider) -> tuple[Project, ...]:
    try:
        return cloud.projects()
    except Refused as refused:
        if refused.kind is not Kind.DENIED:
            raise
        # the check names the right that is missing
        return ()


def _place(account: Account, projects: tuple[Project, ...]) -> Place | None:
    """Return where to try the rights on servers: where some are, else the first region."""
    known = Server.objects.filter(account=account, hidden_at=None, missing_since=None).first()
    if known is not None:
        return Place(known.region, known.project_id)
    return Place(projects[0].region, projects[0].project_id) if projects else None


def _finding(account: Account, probe: Probe) -> Finding:
    said: Finding = {"api": probe.api, "action": probe.action}
    is_for_guarding = permissions.is_for_guarding(probe.action)
    if is_for_guarding and account.rights == Account.Rights.MONITOR:
        return {"code": "off", **said}
    if probe.is_granted:
        return {"code": "granted", **said}
    if probe.is_granted is None:
        return {"code": "unsure" if is_for_guarding else "untried", **said}
    if probe.kind in ("", Kind.DENIED):
        return {"code": "missing", **said}
    refused = Refused(probe.code, probe.words, kind=Kind(probe.kind), api=probe.api)
    return {**findings.of_refusal(refused), "action": probe.action}


def _knows(account: Account, site: str, connect: Connect) -> bool:
    """Tell whether a site knows the account's keys, whatever they may do there."""
    there = copy.copy(account)
    there.site, there.domain_id = site, ""
    try:
        connect(there).shared_packages()
    except Refused as refused:
        return refused.kind not in MISPLACED | {Kind.OTHER}
    except CloudError:
        return False
    return True
