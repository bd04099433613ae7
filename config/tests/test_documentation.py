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


def names(pattern: str, *paths: str) -> set[str]:
    text = "\n".join((ROOT / path).read_text() for path in paths)
    return set(re.findall(pattern, text, re.MULTILINE))


def listed() -> set[str]:
    return names(r"^#? ?([A-Z][A-Z_0-9]*)=", ".env.example")


def test_every_variable_is_listed() -> None:
    used = names(r'\benv\.\w+\(\s*"([A-Z_]+)"', "config/settings.py")
    used |= names(r'environ\.get\(["\']([A-Z_]+)', "config/gunicorn.py")
    assert used - listed() == set()


def test_every_variable_is_explained() -> None:
    variables = listed() | names(r"\$\{([A-Z_]+)", "docker-compose.yml")
    assert {name for name in variables if f"`{name}`" not in GUIDE} == set()


def test_no_secret_has_a_default() -> None:
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "BLIND_INDEX_KEY", "METRICS_TOKEN"):
        assert COMPOSE["x-app"]["environment"][name].startswith(f"${{{name}:?")
    assert not names(r"\$\{(\w*(?:PASSWORD|KEY|KEYS|TOKEN)):?-", "docker-compose.yml")


def test_every_container_restarts_and_keeps_its_logs_small() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}, name
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
        # web has the image's own
        assert name == "web" or "healthcheck" in service, name


def test_only_the_proxy_is_reachable() -> None:
    services = COMPOSE["services"]
    assert [name for name in services if "ports" in services[name]] == ["proxy"]
    assert services["postgres"]["networks"] == services["redis"]["networks"] == ["inside"]


def test_workers_are_told_all_queues() -> None:
    queues = ",".join(settings.CELERY_WORKER_QUEUES)
    assert COMPOSE["services"]["worker"]["command"][-1] == queues
    assert GUIDE.count(f"-Q {queues}") == 2


@pytest.mark.parametrize(("service", "queue"), [("sender", OUTGOING), ("stock", STOCK)])
def test_a_worker_of_its_own_is_told_the_queue(service: str, queue: str) -> None:
    assert queue in {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert COMPOSE["services"][service]["command"][-1] == queue
    assert GUIDE.count(f"-Q {queue}") == 2


def test_every_queue_that_tasks_are_routed_to_is_served() -> None:
    routes = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert routes <= set(settings.CELERY_WORKER_QUEUES)
