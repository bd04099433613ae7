"""What keys must be allowed at the cloud for what they are for, and policy texts that say so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

from traffic_guard.models import Account

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Rights = Account.Rights


class Right(NamedTuple):
    """A right as policies name it, its service, and what it is needed for."""

    action: str
    api: str
    why: str | _StrPromise
    rights: str = Rights.MONITOR


# Huawei Cloud's, https://support.huaweicloud.com/api-ecs/ and the references of each service.
HUAWEI = (
    Right("rms:resources:list", "config", _("find Flexus L servers and their packages")),
    Right("iam:projects:listProjects", "iam", _("find your regions")),
    Right("billing:resourcePackages:view", "bss", _("read what is left of a package")),
    Right("ecs:cloudServers:listServersDetails", "ecs", _("see which servers run")),
    Right("ecs:cloudServers:showServer", "ecs", _("see which servers run")),
    Right("vpc:publicIps:list", "vpc", _("find the public addresses of servers")),
    Right("ces:metricData:list", "ces", _("read live traffic")),
    Right("ecs:cloudServers:stop", "ecs", _("stop servers"), Rights.GUARD),
    Right("ecs:cloudServers:start", "ecs", _("start servers"), Rights.GUARD),
    Right("ecs:cloudServers:reboot", "ecs", _("reboot servers"), Rights.GUARD),
)
BY_PROVIDER = {"huawei": HUAWEI}
# Without these nothing is known of packages or servers.
NEEDED = {"bss", "ecs"}
# grammar of identity policies, which name rights as above
VERSION = "5.0"


def of(provider: str, rights: str) -> tuple[Right, ...]:
    """Return the rights that keys need; none where the cloud has no policies."""
    known = BY_PROVIDER.get(provider, ())
    return tuple(one for one in known if rights == Rights.GUARD or one.rights == Rights.MONITOR)


def policy_json(rights: str, provider: str = "huawei") -> str:
    """Return the least policy for "watch only" or "guard", to be copied; "" where none is known."""
    actions = [one.action for one in of(provider, rights)]
    if not actions:
        return ""
    policy = {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": actions}]}
    return json.dumps(policy, indent=2)


def is_for_guarding(action: str) -> bool:
    """Tell whether a right is only needed to stop and start, at whatever cloud."""
    return action.rpartition(":")[2] in {"stop", "start", "reboot"}


def why(provider: str, action: str) -> str:
    """Return what a right is needed for, in the active language; "" where it is not ours."""
    known = BY_PROVIDER.get(provider, ())
    return next((str(one.why) for one in known if one.action == action), "")
