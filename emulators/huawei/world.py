"""The world a newcomer finds. All keys are public and open nothing but this emulator."""
# ruff: noqa: S105 - see above

from dataclasses import dataclass

from emulators.huawei import acts
from emulators.huawei.models import GIB, Account, User
from emulators.huawei.state import State

FULL = ["*"]
MONITOR = [
    "iam:projects:listProjects",
    "rms:resources:list",
    "billing:resourcePackages:view",
    "ecs:cloudServers:listServersDetails",
    "ecs:cloudServers:showServer",
    "vpc:publicIps:list",
    "ces:metricData:list",
]


@dataclass(frozen=True, slots=True)
class DemoKeys:
    """What a tenant types in to use an account."""

    site: str
    access_key: str
    secret_key: str
    domain_id: str


HONG_KONG, SINGAPORE, BEIJING = "ap-southeast-1", "ap-southeast-3", "cn-north-4"
# the international account, with every right
DEMO_ACCESS_KEY = "HARBORDEMOINTL000001"
DEMO_SECRET_KEY = "harborDemoIntlSecretKeyForEmulators00001"
# the same account, without the right to stop or start
MONITOR_ACCESS_KEY = "HARBORDEMOMONITOR001"
MONITOR_SECRET_KEY = "harborDemoMonitorSecretKeyForEmulators01"
# the account of mainland China
DEMO_CN_ACCESS_KEY = "HARBORDEMOCN00000001"
DEMO_CN_SECRET_KEY = "harborDemoMainlandSecretForEmulators0001"

INTL_DOMAIN, CN_DOMAIN = "d1a00000000000000000000000000001", "d1a00000000000000000000000000002"
DEMO = {
    "intl": DemoKeys("intl", DEMO_ACCESS_KEY, DEMO_SECRET_KEY, INTL_DOMAIN),
    "monitor": DemoKeys("intl", MONITOR_ACCESS_KEY, MONITOR_SECRET_KEY, INTL_DOMAIN),
    "cn": DemoKeys("cn", DEMO_CN_ACCESS_KEY, DEMO_CN_SECRET_KEY, CN_DOMAIN),
}
PROJECTS = {
    INTL_DOMAIN: {
        HONG_KONG: "a1000000000000000000000000000001",
        SINGAPORE: "a1000000000000000000000000000003",
    },
    CN_DOMAIN: {BEIJING: "a1000000000000000000000000000004"},
}
DAY = 86400.0
# name, region, GB a month, days since the purchase, GB left, GB a day, swing
PLANS = (
    ("hk-web-1", HONG_KONG, 1024, 47, 61.5, 56.0, 0.7),
    ("hk-web-2", HONG_KONG, 1024, 40, 702.25, 30.0, 0.6),
    ("sg-media-1", SINGAPORE, 2048, 52, 410.0, 70.0, 0.8),
    ("sg-backup-1", SINGAPORE, 512, 33, 480.0, 9.0, 0.0),
)
CN_PLANS = (
    ("bj-shop-1", BEIJING, 1024, 45, 233.0, 50.0, 0.75),
    ("bj-mirror-1", BEIJING, 400, 38, 9.75, 46.0, 0.5),
)


def populate(state: State) -> None:
    """Fill an empty state."""
    names = {INTL_DOMAIN: ("harbor-demo", "intl"), CN_DOMAIN: ("harbor-mainland", "cn")}
    for domain_id, (name, site) in names.items():
        state.keep_account(Account(domain_id, name, site, dict(PROJECTS[domain_id])))
    for kind, keys in DEMO.items():
        actions = MONITOR if kind == "monitor" else FULL
        state.keep_user(User(keys.access_key, keys.secret_key, keys.domain_id, list(actions)))
    for domain_id, plans in ((INTL_DOMAIN, PLANS), (CN_DOMAIN, CN_PLANS)):
        for name, region, total, age, left, daily, swing in plans:
            server = acts.add_server(
                state,
                domain_id,
                region,
                name,
                acts.Habits(daily * GIB / DAY, swing, state.now() - age * DAY),
                is_plan=True,
            )
            acts.add_package(state, server, total * GIB, round(left * GIB))
    add_shared(state)


def add_shared(state: State) -> None:
    """Two servers in Singapore that share a package of the region."""
    for name, daily in (("sg-api-1", 6.0), ("sg-api-2", 4.5)):
        habits = acts.Habits(daily * GIB / DAY, 0.4, state.now() - 20 * DAY, "0")
        acts.add_server(state, INTL_DOMAIN, SINGAPORE, name, habits)
    acts.add_shared_package(state, INTL_DOMAIN, SINGAPORE, 500 * GIB, days=90)
