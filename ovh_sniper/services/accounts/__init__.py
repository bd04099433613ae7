"""OVH accounts: their keys, what OVH lets them do, the doctor that looks at them.

- `linking`: what people do: link, change, renew, check (`checks`, `consents`); ended in `leaving`.
- `access`: from a stored account to OVH, with its keys and no others.
- `doctor`: looks at accounts (`examining`, `functions`, `findings`, `verdicts`), tells (`alarms`).
"""
