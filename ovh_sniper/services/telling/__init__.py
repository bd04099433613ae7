"""What staff is told: to whom, with which words and buttons.

- `recipients`, `preferences`: who is told of what; `buttons`.
- `alerts` (`alert_facts`, `alert_cards`): stock that a wish waits for.
- `news` (`order_cards`, `wish_words`), `reminders`: what becomes of orders and wishes.
- `price_news`: changes of price lists; `digests` (`digest_cards`): the day in one message.
- `plan_stock`, `standing`: what is in stock, and how things stand.
"""
