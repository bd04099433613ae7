"""What is in stock, kept as intervals.

- `intervals`: what each look opens, changes and closes (`known`, `writing`).
- `list_rows`, `vps_rows`: rows of the lists, and the configurations that are kept of them.
- `announcements`: only announced; `ghosts`: shown, and refused at checkout.
- `summary`, `looks`: a host's stock plan by plan, and how fresh it is.
"""
