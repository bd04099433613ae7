"""Django's PostgreSQL backend, with BEGIN and the tenant's name travelling for free."""
