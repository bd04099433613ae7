"""Price lists and plans: what OVH sells, where, at which price, with which hardware.

- `catalogues`: fetched, kept, compared (`storage`, `plan_rows`); `choosing`: what a cart must hold.
- A shop's plans as pages show them: `offers`, `plan_search`, `plan_parts`, `plan_configurations`,
  `stock_grid`; `markets`, `price_words`.
"""
