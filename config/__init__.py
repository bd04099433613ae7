"""The project: settings, URLs, the Celery app, the commands that run it all."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
