"""Accounts: keys, checks, the search for servers."""
