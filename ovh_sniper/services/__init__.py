"""The rules of the product, one module a noun. Where to look:

- OVH accounts: `accounts` (what people do), `doctor` (looks at them: `examining`, `verdicts`,
  `findings`, `account_alarms`), `consents`, `leaving`, `access` (their keys), `functions` (what
  each use needs at OVH), `account_words`, `account_checks`.
- Price lists: `catalogues` (`catalogue_storage`, `catalogue_plans`), `choosing` (what a cart must
  hold), `offers`, `plan_search`, `plan_parts`, `plan_configurations`, `catalogue_news`,
  `catalogue_words`, `markets`.
- Stock: `polling` (one process a host: `cadence`, `breaker`, `demand`, `looking`, `slow_calls`,
  `poller_notes`), `stock` (intervals: `stock_rows`, `stock_known`, `stock_writing`), `ghosts`,
  `announcements`, `vps`, `vps_rows`, `stock_grid`, `stock_summary`, `looks`, `retention`.
- What was and what may come: `history`, `timeline_bars`, `chances` (`restock_model`, `backtest`,
  `generated_history`).
- Wishes: `wishes` (`wish_checks`, `wish_csv`, `wish_keys`, `budgets`), `matching`
  (stock that moved meets wishes: `fitting`, `picking`), `wish_rows`, `wish_stock`, `wish_words`,
  `wish_previews`, `estimates`.
- Carts kept ready: `cart_plans`, `keeping`, `carts`, `building`, `comparing` (is it what was
  wished?).
- Orders, in the order of their life: `intents`, `executing`, `checkouts`, `outcomes`, `going_on`
  (after a refusal), `reconciling` (a lost answer), `following`, `reminders`; by hand: `ordering`,
  `too_late`, `request_keys`; shown: `order_rows`, `order_queue`, `order_story`, `order_csv`,
  `spend`.
- Words and refusals: `words`, `objections`, `order_reasons`, `refusals`, `hardware`.
- Chats: `recipients`, `preferences`, `alerts`
  (`alert_facts`, `alert_cards`), `telling` (`order_cards`), `digests` (`digest_cards`),
  `buttons`; typed orders: `commands`, `proposals`, `chat_requests`, `alert_orders`,
  `chat_wishes`; `standing`, `plan_stock`.
- Operators: `lags`, `oversight`.
"""
