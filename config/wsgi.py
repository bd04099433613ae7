"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_wsgi_application()

# needs the registry of apps, which the line above fills
from bots.wsgi import WebhooksFirst  # noqa: E402

application = WebhooksFirst(django)
