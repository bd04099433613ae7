"""The rules of the product, one package a topic; imports run down this list only backwards.

- `wording`: money, places and hardware in words; why something is not done, why OVH refused.
- `stock`: what is in stock, as intervals; looks written down, announcements, ghost stock.
- `forecasting`: when stock came and went, the chance that it comes back, its back-test.
- `catalogue`: price lists and their changes; plans, parts, configurations; what a cart must hold.
- `orders`: orders as people see them: lists, story, spend, reasons in words.
- `telling`: who is told, of what, in which words: alerts, orders, prices, digests.
- `accounts`: keys, consent, rights, the doctor and its findings.
- `matching`: stock that moved meets wishes: alerts, budgets, intents to order.
- `carts`: planned and made ahead, kept warm, compared with the wish.
- `ordering`: the money path: checkout, outcome, lost answers, orders followed and paid.
- `wishes`: made, changed, ended; files, previews, estimates, lists.
- `polling`: one process a host looks at OVH's stock, at a steady cadence; VPS plans.
- `leaving`: an account is disconnected, and ends at OVH.
- `chat`: orders and wishes that somebody typed or pressed.
- `operators`: speed, oversight over all tenants, what is deleted when.
"""
