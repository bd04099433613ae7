"""The clouds that the traffic guard speaks to."""
