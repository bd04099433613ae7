"""The Celery app and the beat table: what runs when, on one screen."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("botharbor")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

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
}
