"""The outside services that the OVH product speaks to."""
