"""What people outside the API do: buy servers and packages, renew one, press a power button."""

from dataclasses import dataclass

from emulators.huawei import billing
from emulators.huawei.models import Account, Package, Server, User
from emulators.huawei.state import State
from emulators.huawei.traffic import note

FIRST_ADDRESS = 10  # of 203.0.113.0/24 and on


@dataclass(frozen=True, slots=True)
class Habits:
    """How a server lives: bytes a second on average, swing over a day, since when it runs, how it
    is paid."""

    rate: float = 0.0
    swing: float = 0.0
    since: float = 0.0
    charging: str = "1"


def add_account(state: State, site: str, regions: list[str], name: str) -> Account:
    """Sign somebody up, with a project in each region."""
    domain_id = state.secret()
    projects = {region: state.secret() for region in regions}
    account = Account(domain_id, name or f"account-{state.number('account')}", site, projects)
    state.keep_account(account)
    return account


def add_user(state: State, domain_id: str, actions: list[str]) -> User:
    """Make an access key."""
    user = User(state.secret(20).upper(), state.secret(40), domain_id, actions)
    state.keep_user(user)
    return user


def add_server(
    state: State,
    domain_id: str,
    region: str,
    name: str,
    habits: Habits,
    *,
    is_plan: bool = False,
) -> Server:
    """Buy a server with a public address; `is_plan` makes it a Flexus L plan."""
    account = state.accounts[domain_id]
    number = state.number("server")
    address = divmod(number + FIRST_ADDRESS, 250)
    server = Server(
        id=state.uuid("server-id"),
        name=name or f"server-{number}",
        domain_id=domain_id,
        region=region,
        project_id=account.projects[region],
        address=f"203.0.{113 + address[0]}.{address[1]}",
        eip_id=state.uuid("eip"),
        bandwidth_id=state.uuid("bandwidth"),
        plan_id=state.code("plan") if is_plan else "",
        charging=habits.charging,
        rate=habits.rate,
        swing=habits.swing,
    )
    server.changed = habits.since or state.now()
    note(server, server.changed)
    state.keep_server(server)
    return server


def add_package(
    state: State, server: Server, total: int, left: int | None = None, bought: float = 0.0
) -> Package:
    """Give a plan a package; `left` None lets its traffic so far tell."""
    since = bought or server.log[0][0]
    package = Package(
        state.code("fr"),
        server.domain_id,
        server.region,
        f"{server.name}-traffic",
        total,
        since,
        server.id,
    )
    state.keep_package(package)
    if left is not None:
        billing.set_remaining(state, package, left)
    return package


def add_shared_package(
    state: State, domain_id: str, region: str, total: int, *, days: float, left: int | None = None
) -> Package:
    """Buy a package for all servers of a region that have none of their own."""
    now = state.now()
    package = Package(
        id=state.code("fr"),
        domain_id=domain_id,
        region=region,
        name="shared",
        total=total,
        bought=now - 20 * 86400,
        expires=now + days * 86400,
    )
    state.keep_package(package)
    if left is not None:
        billing.set_remaining(state, package, left)
    return package


def set_rate(state: State, server: Server, rate: float, swing: float | None = None) -> None:
    """Let a server send this many bytes a second from now on."""
    state.settle()
    server.rate = rate
    server.swing = server.swing if swing is None else swing
    note(server, state.now())
    state.keep_server(server)


def switch(state: State, server: Server, *, is_on: bool) -> None:
    """Press the power button: done at once."""
    state.settle()
    server.status, server.task, server.changed = "ACTIVE" if is_on else "SHUTOFF", "", state.now()
    note(server, state.now())
    state.keep_server(server)


def begin_task(state: State, server: Server, task: str, seconds: float) -> None:
    """Somebody else stops or starts it: it is at it for a while."""
    server.task, server.task_due = task, state.now() + seconds
    server.task_then = "SHUTOFF" if task == "powering-off" else "ACTIVE"
    state.keep_server(server)


def remove(state: State, server: Server) -> None:
    """Delete a server; its plan stays listed as deleted."""
    state.settle()
    server.is_deleted = True
    note(server, state.now())
    state.keep_server(server)


def renew(state: State, package: Package) -> str:
    """Renew a package: billing answers under a new id, Config goes on with the old one."""
    formerly = package.id
    package.former.append(formerly)
    package.listed_id = formerly
    package.id = state.code("fr")
    state.keep_package(package, formerly)
    return package.id


def end_cycle(state: State, package: Package, seconds: float) -> None:
    """Let the running cycle end in so many seconds."""
    package.edges.append(state.now() + seconds)
    state.keep_package(package)
