"""Run everything on this machine: broker, emulators, web, worker, beat. Ctrl-C stops it all."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand

from config.bootstrap import CannotPrepare, check_ports, read_env
from config.children import Log
from config.plan import make_plan
from config.preflight import LEFTOVER_WAIT, CannotStart, DataDirLock, merged
from config.supervisor import Signals, Supervisor


class Command(BaseCommand):
    """What `make run` runs."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take none: everything comes from the environment and `.env`."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT; status 2 where a port or the directory is taken."""
        del args, options
        lock = DataDirLock(settings.DATA_DIR)
        try:
            env = merged(read_env(settings.BASE_DIR / ".env"), os.environ)
            check_ports(env)
            lock.take()
            plan = make_plan(
                settings.BASE_DIR,
                settings.DATA_DIR,
                env,
                queues=getattr(settings, "CELERY_WORKER_QUEUES", ()),
                patience=LEFTOVER_WAIT if lock.recovered else 0,
            )
        except (CannotPrepare, CannotStart) as error:
            self.stderr.write(str(error))
            sys.exit(2)
        sys.exit(Supervisor(plan, lock, Log(), Signals()).run())
