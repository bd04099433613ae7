"""What the emulated cloud knows."""

from dataclasses import dataclass, field

GIB = 1024**3


@dataclass(slots=True)
class Account:
    """A customer of one site; `projects` are by region."""

    domain_id: str
    name: str
    site: str
    projects: dict[str, str]
    is_frozen: bool = False
    recorder_is_on: bool = True  # else Config lists nothing


@dataclass(slots=True)
class User:
    """An access key and what it may do; `*` in an action stands for anything."""

    access_key: str
    secret_key: str
    domain_id: str
    actions: list[str]


@dataclass(slots=True)
class Server:
    """A server with one public address. `log` are its times: [start, is on, bytes/s, swing]."""

    id: str
    name: str
    domain_id: str
    region: str
    project_id: str
    address: str
    eip_id: str
    bandwidth_id: str
    plan_id: str = ""  # of Flexus L
    charging: str = "1"  # 0 by use, 1 prepaid, 2 spot
    status: str = "ACTIVE"
    task: str = ""
    task_due: float = 0.0
    task_then: str = ""  # the status when the task is done
    rate: float = 0.0  # bytes a second, on average over a day
    swing: float = 0.0  # 0 the same at any hour, 1 nothing at dawn
    log: list[list[float]] = field(default_factory=list)
    bursts: list[list[float]] = field(default_factory=list)  # [when, bytes]
    is_locked: bool = False
    is_frozen: bool = False
    is_deleted: bool = False
    is_unlisted: bool = False  # Config leaves its plan out
    ignores_soft: bool = False  # a guest that does not listen to its power button
    changed: float = 0.0  # when it was bought, started, stopped or rebooted last
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Package:
    """A traffic package: of one plan (`server_id`), or shared by a region."""

    id: str
    domain_id: str
    region: str
    name: str
    total: int  # bytes
    bought: float
    server_id: str = ""
    measure_id: int = 10
    expires: float = 0.0  # shared ones only
    former: list[str] = field(default_factory=list)  # ids before a renewal
    listed_id: str = ""  # what Config still calls it
    edges: list[float] = field(default_factory=list)  # cycle ends that somebody forced
    shift: list[float] = field(default_factory=list)  # [start of the cycle, bytes used besides]
    lost_polls: int = 0  # how often billing will not see it, from one moment to the next
    lost_at: float = 0.0  # when it last did not
    is_unsubscribed: bool = False
    line: str = "dynamic"  # or static: the BGP type of the addresses that a shared one pays for


@dataclass(slots=True)
class Step:
    """What a job does to one server."""

    server_id: str
    due: float
    status: str = "SUCCESS"
    code: str = ""
    reason: str = ""


@dataclass(slots=True)
class Job:
    """A stop, start or reboot under way."""

    id: str
    project_id: str
    kind: str
    begun: float
    steps: list[Step]
