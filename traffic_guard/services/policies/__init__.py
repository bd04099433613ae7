"""What holds for a server, and which level said so: server, account, tenant, or the defaults."""
