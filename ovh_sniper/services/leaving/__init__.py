"""The end of an account here: what stops at once, and what ends at OVH."""
