"""Wishes: what they are, what each would do and cost.

- `lifecycle`: made, changed, paused, copied, ended (`checks`, `form_keys`); `csv_file`: in a file.
- `resuming`: watched for again, and what that orders anew.
- `previews`, `estimates`: what a wish would do and cost now; `listing`, `stock_now`: wishes shown.
"""
