"""Telegram's and Feishu's sending limits, kept across all processes in Redis.

A GCRA cell per key: a bot (25 a second with bursts of 5, so that no second holds more than 29), a
chat (1 a second, bursts of 3), a group besides (20 a minute). When only the bot has to wait, and
less than a second, the slot is booked at once and the caller sleeps until then. When the chat has
to wait nothing is booked: a slot booked ahead for one chat would hold up all others of the bot.
Where nothing is booked the answer tells who has to wait: for a bot it is no use to ask for the next
chat.

A custom bot of Feishu has 5 a second and 100 a minute, whoever calls: two tenants may have one
group's bot, so its cells are found by a digest of its address.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenants import redis_scripts

# Interval in milliseconds between slots, and how many may come at once.
BOT = (40, 5)
CHAT = (1000, 3)
# any 60 s hold at most 4 + 60 / 3.75 = 20
GROUP = (3750, 4)
# any second holds at most 1 + 1000 / 250 = 5 calls of a Feishu hook, any 60 s 5 + 60 / 0.64 = 98
HOOK_SECOND = (250, 1)
HOOK_MINUTE = (640, 5)
# Above this a slot of the bot's is not booked.
LONGEST_WAIT_MS = 1000

# KEYS: pause, then a cell each. ARGV: longest wait, then interval and burst of each cell.
# All keys hold the bot's id in braces: one hash slot of a Redis cluster.
SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local paused = math.max(0, tonumber(redis.call('GET', KEYS[1]) or '0') - now)
local wait, chat_wait = 0, 0
for i = 2, #KEYS do
  local interval, burst = tonumber(ARGV[2 * i - 2]), tonumber(ARGV[2 * i - 1])
  local tat = tonumber(redis.call('GET', KEYS[i]) or '0')
  local ahead = tat - (burst - 1) * interval - now
  if i == 2 then wait = math.max(wait, ahead) else chat_wait = math.max(chat_wait, ahead) end
end
if paused > 0 then return {0, paused, 1} end
if wait > tonumber(ARGV[1]) then return {0, wait, 1} end
if chat_wait > 0 then return {0, math.max(chat_wait, wait), 0} end
for i = 2, #KEYS do
  local interval = tonumber(ARGV[2 * i - 2])
  local tat = tonumber(redis.call('GET', KEYS[i]) or '0')
  tat = math.max(tat, now + wait) + interval
  redis.call('SET', KEYS[i], tat, 'PX', math.floor(tat - now + 1000))
end
return {1, wait, 0}
"""
PAUSE = """
local t = redis.call('TIME')
local until_ms = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[1])
if until_ms > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], until_ms, 'PX', tonumber(ARGV[1]) + 1000)
end
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """Permission to send after `wait` seconds; not booked: come back then and ask again."""

    is_booked: bool
    wait: float
    # what has to wait is the bot with all its chats
    is_bots: bool = False


# What `book` and `pause` raise while Redis is away.
Away = redis_scripts.Away
client = redis_scripts.client
_script = redis_scripts.script


def book(bot_id: int, chat_id: int | None) -> Slot:
    """Ask for a slot to send to a chat; None: a call that goes to no chat (answers to presses).

    Raises:
        Away: Redis does not answer.
    """
    if chat_id is None:
        return Slot(is_booked=True, wait=0.0)
    cells = [("b", BOT), (f"c:{chat_id}", CHAT)]
    if chat_id < 0:
        cells.append((f"g:{chat_id}", GROUP))
    keys = [_key(bot_id, "pause"), *(_key(bot_id, name) for name, _ in cells)]
    numbers = [number for _, pair in cells for number in pair]
    booked, wait_ms, is_bots = _script(SCRIPT)(keys=keys, args=[LONGEST_WAIT_MS, *numbers])
    return Slot(bool(booked), max(0.0, float(wait_ms) / 1000), bool(is_bots))


def pause(bot_id: int | str, seconds: float) -> None:
    """Let no process send for this bot for a while: Telegram said 429.

    Raises:
        Away: Redis does not answer.
    """
    # retrying even a little too early may cost the bot a ban
    milliseconds = int(seconds * 1000) + 100
    _script(PAUSE)(keys=[_key(bot_id, "pause")], args=[milliseconds])


def book_hook(digest: str) -> Slot:
    """Ask for a slot to call a Feishu hook; where it is not booked, come back after its wait.

    Raises:
        Away: Redis does not answer.
    """
    keys = [_key(digest, name) for name in ("pause", "s", "m")]
    booked, wait_ms, is_paused = _script(SCRIPT)(
        keys=keys, args=[LONGEST_WAIT_MS, *HOOK_SECOND, *HOOK_MINUTE]
    )
    return Slot(bool(booked), max(0.0, float(wait_ms) / 1000), bool(is_paused))


def pause_hook(digest: str, seconds: float) -> None:
    """Let no process call a Feishu hook for a while: it said that it is called too often.

    Raises:
        Away: Redis does not answer.
    """
    pause(digest, seconds)


def _key(owner: int | str, name: str) -> str:
    return f"botharbor:limit:{{{owner}}}:{name}"
