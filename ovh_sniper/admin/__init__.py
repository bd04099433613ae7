"""What operators see of the product. They only look: whatever acts here would spend money."""

from ovh_sniper.admin import accounts, alerts, orders, prices, stock, wishes

# each registers its own lists
__all__ = ["accounts", "alerts", "orders", "prices", "stock", "wishes"]
