"""The toy product."""

from django.apps import AppConfig


class ToyConfig(AppConfig):
    """Marked as a product, as the real ones are."""

    name = "benchmarks.toy"
    label = "toy"
    bot_product = "benchmarks.toy.bot.product"
