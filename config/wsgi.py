"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_wsgi_application()

# need the registry of apps, which the line above fills
from bots.wsgi import WebhooksFirst  # noqa: E402
from config.checks import refuse_unsafe  # noqa: E402

refuse_unsafe()
application = WebhooksFirst(django)
