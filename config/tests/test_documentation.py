import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from config.plan import OUTGOING, STOCK

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
GUIDE = (ROOT / "docs" / "operations.md").read_text()
SERVICES: dict[str, Any] = COMPOSE["services"]
# those of our own image that stay; the image itself says what the web's command is
OURS = [
    name
    for name, service in SERVICES.items()
    if service["image"].startswith("botharbor:") and name != "migrate"
]
# what the image names itself, or what only a demo has
NOT_FOR_CONTAINERS = {
    *("DEBUG", "PORT", "DATA_DIR", "DOTENV", "EMULATORS", "WEB_BIND"),
    *("DEMO_BOT_TOKEN", "SIMULATOR_URL", "OVH_API_URL", "TIDEWATER_API_URL"),
    *("HUAWEI_IAM_URL", "HUAWEI_CONFIG_URL", "HUAWEI_BSS_URL"),
    *("HUAWEI_ECS_URL", "HUAWEI_VPC_URL", "HUAWEI_CES_URL"),
}


def names(pattern: str, *paths: str) -> set[str]:
    text = "\n".join((ROOT / path).read_text() for path in paths)
    return set(re.findall(pattern, text, re.MULTILINE))


def listed() -> set[str]:
    return names(r"^#? ?([A-Z][A-Z_0-9]*)=", ".env.example")


def used_by_settings() -> set[str]:
    return names(r'\benv\.\w+\(\s*"([A-Z_]+)"', "config/settings.py")


def resolved(text: str) -> str:
    """Return a text of the Compose file with the default of each variable."""
    return re.sub(r"\$\{\w+:-([^{}]*)\}", r"\1", text)


def test_every_variable_is_listed() -> None:
    used = used_by_settings()
    used |= names(r'environ\.get\(["\']([A-Z_]+)', "config/gunicorn.py")
    assert used - listed() == set()


def test_every_variable_is_explained() -> None:
    variables = listed() | names(r"\$\{([A-Z_]+)", "docker-compose.yml")
    assert {name for name in variables if f"`{name}`" not in GUIDE} == set()


def test_every_variable_reaches_every_container_of_ours() -> None:
    for name in OURS:
        told = set(SERVICES[name]["environment"])
        assert used_by_settings() - told == NOT_FOR_CONTAINERS, name


def test_containers_have_the_defaults_of_the_settings() -> None:
    text = (ROOT / "config" / "settings.py").read_text()
    plain = r'env\.(\w+)\(\s*"([A-Z_]+)", default="?([\w.:/]+)"?\s*\)'
    choices = COMPOSE["x-choices"]
    compared = set()
    for kind, name, default in re.findall(plain, text):
        if name in choices:
            cast: Any = {"float": float, "bool": {"1": "True", "0": "False"}.get}.get(kind, str)
            given = cast(resolved(choices[name]))
            assert given == (float(default) if kind == "float" else default), name
            compared.add(name)
    assert {"OVH_MIN_INTERVAL", "TRAFFIC_RAW_DAYS", "DATABASE_PREPARE", "LOG_LEVEL"} <= compared


def test_by_hand_the_same_processes_run_as_in_containers() -> None:
    assert names(r"`?botharbor-([a-z]+)\.service", "docs/operations.md") == set(OURS)
    for name in set(OURS) - {"web"}:
        command = " ".join(resolved(part) for part in SERVICES[name]["command"])
        # systemd reads %h as a word of its own
        line = f"ExecStart=/srv/botharbor/app/.venv/bin/{command}".replace("%h", "%%h")
        assert line in GUIDE, name
    upgrading = GUIDE.partition("## Upgrading")[2].partition("\n## ")[0]
    assert set(re.findall(r"botharbor-([a-z]+)", upgrading)) == set(OURS)


def test_no_secret_has_a_default() -> None:
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "BLIND_INDEX_KEY", "METRICS_TOKEN"):
        assert COMPOSE["x-app"]["environment"][name].startswith(f"${{{name}:?")
    assert not names(r"\$\{(\w*(?:PASSWORD|KEY|KEYS|TOKEN)):?-", "docker-compose.yml")


def test_every_container_restarts_and_keeps_its_logs_small() -> None:
    for name, service in SERVICES.items():
        assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}, name
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
        # web has the image's own
        assert name == "web" or "healthcheck" in service, name


def test_only_the_proxy_is_reachable() -> None:
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["proxy"]
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]


def test_workers_are_told_all_queues() -> None:
    queues = ",".join(settings.CELERY_WORKER_QUEUES)
    assert SERVICES["worker"]["command"][-1] == queues
    assert GUIDE.count(f"-Q {queues}") == 2


@pytest.mark.parametrize(("service", "queue"), [("sender", OUTGOING), ("stock", STOCK)])
def test_a_worker_of_its_own_is_told_the_queue(service: str, queue: str) -> None:
    assert queue in {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert SERVICES[service]["command"][-1] == queue
    assert GUIDE.count(f"-Q {queue}") == 2


def test_every_queue_that_tasks_are_routed_to_is_served() -> None:
    routes = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert routes <= set(settings.CELERY_WORKER_QUEUES)
