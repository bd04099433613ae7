"""The keys of a cloud account, what they open, and the servers that are found with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Charging = Literal["prepaid", "usage", "spot", ""]


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What a tenant types in to use an account; its repr shows no secret.

    `site` is where the account is registered, whatever the regions of its servers. An empty
    `domain_id` (the account's own id) is looked up when it is needed.
    """

    provider: str
    site: str
    access_key: str
    secret_key: str
    domain_id: str = ""

    def __repr__(self) -> str:
        return f"<Keys {self.provider} {self.site} {masked(self.access_key)}>"

    @property
    def is_blank(self) -> bool:
        """Tell whether a key is missing: such keys must never reach a client."""
        return not (self.access_key.strip() and self.secret_key.strip())

    @property
    def can_be_sent(self) -> bool:
        """Tell whether the keys fit into a header: printable ASCII without spaces."""
        both = f"{self.access_key}{self.secret_key}{self.domain_id}"
        return both.isascii() and both.isprintable() and " " not in both


def masked(access_key: str) -> str:
    """Return an access key as people may see it: `AK****WXYZ`."""
    key = access_key.strip()
    return f"{key[:2]}****{key[-4:]}" if len(key) >= 12 else "****"


@dataclass(frozen=True, slots=True)
class Place:
    """Where servers are: calls about servers go to one region's project."""

    region: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Project:
    """A region that the account can use, and its project there."""

    region: str
    project_id: str


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A plan with its server and traffic packages, as discovery knows them; may lag by a day.

    `kind` "flexus" owns its packages alone. `is_deleted`: the plan is gone.
    """

    kind: Literal["flexus", "ecs"]
    plan_id: str
    name: str
    place: Place
    server_id: str
    package_ids: tuple[str, ...]
    addresses: tuple[str, ...]
    eip_ids: tuple[str, ...]
    charging: Charging
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether the keys may do one thing. `is_granted` None: it could not be told.

    `api` is the cloud's service, `action` the right as its policies name it, `words` what to say
    to the tenant, `code` the cloud's error code and `kind` our word for it where it refused.
    """

    api: str
    action: str
    is_granted: bool | None
    words: str
    code: str = ""
    kind: str = ""
