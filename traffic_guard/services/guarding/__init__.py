"""The guard: verdicts, planned stops, power actions and their proof, the log of decisions.

Where a rule stands:

- `judging`: whether readings call for a stop (pure; `whatif` replays it over stored ones).
- `gates`: what people, settings and the account say against one; `own`: never our own machine.
- `drafting`: all that is known of servers at one moment; `history`: what was tried this cycle.
- `evaluating`: after each poll, alerts and plans; `marks`: each level is told once a cycle.
- `plans`, `caps`, `openings`: a stop is a row that waits; how many at once, and when.
- `reminding`: what waits for a word is said again.
- `planning`, `protecting`, `pausing`: what people do about it.
- `executing`, `deciding`: everything is looked at again, and the intent is written.
- `actions`: the intent; `ahead`, `wanted`: whether it is still to be sent.
- `sending`, `answers`, `refusals`: one call for many, never repeated blindly.
- `verifying`, `proof`: the live state decides; `outcomes`: what became of it, written once.
- `restarts`, `resuming`: who started it; the start at the reset.
- `decisions`, `decision_words`: why a server was, or was not, stopped.
"""
