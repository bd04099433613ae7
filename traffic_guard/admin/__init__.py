"""What operators see of the product. They only look: whatever acts here would stop servers."""

from traffic_guard.admin import accounts, guarding, policies, readings, servers, telling

# each registers its own lists
__all__ = ["accounts", "guarding", "policies", "readings", "servers", "telling"]
