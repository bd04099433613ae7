"""The money path: from the intent to an order at OVH, exactly once, and on to its delivery.

In the order of an order's life (its intent: `matching/intents.py`):

- `by_hand`: ordered by a person or a program, or taken back; `request_keys`: once for each request.
- `executing`: one cart, verified and quoted; `checkouts`: the one call that buys.
- `outcomes`: what became of it, written once; `going_on`: what follows a refusal.
- `reconciling`: whose answer was lost: what OVH's own books say, and never another try.
- `following`: to delivery, reminded of while unpaid; `paying`: paid, withdrawn from.
- `queue`: what waits to be ordered, answered or paid.
"""
