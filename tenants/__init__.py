"""The bottom layer: tenants, members, scopes, secrets."""
