"""Stock that moved meets wishes: alerts, and intents to order.

- `reacting`: from a look's changes to the wishes that wait for it (`fitting`), in one pass.
- `picking`: what a wish orders of all that is there; `budgets`: what it may spend.
- `intents`: the row that says that a server is to be bought, written before OVH hears of it.
"""
