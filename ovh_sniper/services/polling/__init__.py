"""Who looks at OVH's stock, when, and how fast; once for all tenants.

- `serving`: one process a host, under a lease; `cadence`: when it looks; `demand`: for whom.
- `looking`: one look, believed or doubted; `breaker`, `slow_calls`: OVH is away or slow.
- `notes`: what the poller writes down of itself; `vps`: VPS plans.
"""
