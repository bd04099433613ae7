"""What people enter, by page."""
