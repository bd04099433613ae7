"""The Celery app and the beat table: what runs when, on one screen."""

import os
from typing import Any

from celery import Celery, bootsteps
from celery.signals import import_modules, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("botharbor")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def refuse_unsafe(**_about: Any) -> None:
    """End a worker or beat with unsafe settings before it asks the broker or the database."""
    from config import checks

    checks.refuse_unsafe()


# after Celery's own receiver, which sets Django up
import_modules.connect(refuse_unsafe, sender=app)


class TellTasks(bootsteps.StartStopStep):  # type: ignore[misc,unused-ignore]
    """Tells tasks that run for minutes that their worker ends.

    Celery does so at a signal only. Where an error ends it (Redis dies in the middle of an answer),
    it takes nothing more and waits for its tasks; without a word that would be minutes.
    """

    def close(self, worker: Any) -> None:
        """Say it as Celery does; the first thing of any end."""
        about = {"sig": "", "how": "Warm", "exitcode": worker.exitcode}
        worker_shutting_down.send(sender=worker.hostname, **about)


app.steps["worker"].add(TellTasks)

# A few fixed ticks; each claims due rows by an indexed due time (DESIGN D15). `expires` drops a
# tick that waited longer than its own interval: the next one does the same work.
app.conf.beat_schedule = {
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 2, "options": {"expires": 2}},
    "outbox sweep": {"task": "bots.tasks.sweep_outbox", "schedule": 1, "options": {"expires": 1}},
    "broadcasts": {"task": "bots.tasks.feed_broadcasts", "schedule": 2, "options": {"expires": 2}},
    "notices": {"task": "bots.tasks.deliver_notices", "schedule": 2, "options": {"expires": 2}},
    "account mails": {
        "task": "tenants.tasks.sweep_account_mails",
        "schedule": 5,
        "options": {"expires": 5},
    },
    "old account mails": {
        "task": "tenants.tasks.purge_account_mails",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "bot health": {"task": "bots.tasks.check_bots", "schedule": 60, "options": {"expires": 60}},
    "day counts": {"task": "bots.tasks.count_days", "schedule": 60, "options": {"expires": 60}},
    "deleted bots": {"task": "bots.tasks.remove_bots", "schedule": 10, "options": {"expires": 10}},
    "purge": {"task": "bots.tasks.purge", "schedule": 3600, "options": {"expires": 3600}},
    "giveaways": {"task": "lottery.tasks.run_due", "schedule": 1, "options": {"expires": 1}},
    "OVH stock": {
        "task": "ovh_sniper.tasks.stock.wake",
        "schedule": 2,
        "options": {"expires": 2},
    },
    "OVH orders": {
        "task": "ovh_sniper.tasks.orders.sweep_orders",
        "schedule": 1,
        "options": {"expires": 1},
    },
    "OVH wishes": {
        "task": "ovh_sniper.tasks.orders.sweep_wishes",
        "schedule": 5,
        "options": {"expires": 5},
    },
    "OVH stock not acted upon": {
        "task": "ovh_sniper.tasks.orders.catch_up",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "OVH carts": {
        "task": "ovh_sniper.tasks.orders.keep_carts",
        "schedule": 15,
        "options": {"expires": 15},
    },
    "OVH alerts left open": {
        "task": "ovh_sniper.tasks.alerts.end_closed",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "OVH price lists": {
        "task": "ovh_sniper.tasks.catalogues.sweep_catalogues",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "OVH price news": {
        "task": "ovh_sniper.tasks.catalogues.sweep_news",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "OVH accounts": {
        "task": "ovh_sniper.tasks.accounts.examine_due",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "OVH digests": {
        "task": "ovh_sniper.tasks.digests.send_due",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "OVH VPS": {"task": "ovh_sniper.tasks.vps.sweep", "schedule": 60, "options": {"expires": 60}},
    "OVH purge": {
        "task": "ovh_sniper.tasks.retention.prune",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "traffic accounts": {
        "task": "traffic_guard.tasks.accounts.check_due",
        "schedule": 10,
        "options": {"expires": 10},
    },
    "traffic servers": {
        "task": "traffic_guard.tasks.accounts.discover_due",
        "schedule": 10,
        "options": {"expires": 10},
    },
    "traffic readings": {
        "task": "traffic_guard.tasks.readings.wake",
        "schedule": 5,
        "options": {"expires": 5},
    },
    "traffic pace": {
        "task": "traffic_guard.tasks.readings.measure",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "traffic back-fill": {
        "task": "traffic_guard.tasks.readings.fill_due",
        "schedule": 10,
        "options": {"expires": 10},
    },
    "traffic thinning": {
        "task": "traffic_guard.tasks.readings.thin",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "traffic digests": {
        "task": "traffic_guard.tasks.telling.send_due_digests",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "traffic verdicts": {
        "task": "traffic_guard.tasks.guarding.sweep_evaluations",
        "schedule": 15,
        "options": {"expires": 15},
    },
    "traffic stops and starts": {
        "task": "traffic_guard.tasks.guarding.sweep_actions",
        "schedule": 2,
        "options": {"expires": 2},
    },
    "traffic log purge": {
        "task": "traffic_guard.tasks.guarding.prune",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "traffic resets": {
        "task": "traffic_guard.tasks.guarding.resume_due",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "traffic messages purge": {
        "task": "traffic_guard.tasks.telling.prune",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
}
