"""The same work as ours, in two other libraries."""
