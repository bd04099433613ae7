"""When and how often; one module for each noun."""

from importlib import import_module
from pkgutil import iter_modules

# Celery looks for tasks in this package only: each module registers its own when it is imported.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
