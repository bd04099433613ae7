"""A tenant's settings of this product, whose row is also the tenant's turn.

What changes more than one row of plans, actions, servers or messages takes the turn first, so that
no two transactions of a tenant each hold what the other needs. Locks are taken in this order:

1. the account, by a poll, a look, a start at the reset or its disconnection;
2. the turn, `take_turn`;
3. servers, by their number, since a poll writes them under its account and without the turn;
4. plans and actions, in whatever order: nobody else of the tenant has several of them;
5. messages that stand (Bulletin), and the rows of the outbox;
6. channels and what waits for them (bots/services/notice_blocks.py), as the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tenants.services import changing
from tenants.services.audit import Actor
from traffic_guard.models import Preferences, Server


def of(tenant_id: int) -> Preferences:
    """Return the tenant's settings, made with the defaults where there are none yet."""
    found = Preferences.objects.select_related("chat__bot").defer("chat__bot__token").first()
    if found is None:
        found, _is_new = Preferences.objects.get_or_create(tenant_id=tenant_id)
    return found


def take_turn(tenant_id: int) -> Preferences:
    """Wait until no other transaction of the tenant acts, and return its settings; see above.

    Until the commit. It may be taken again in the same transaction.
    """
    found = of(tenant_id)
    return Preferences.objects.select_for_update().get(pk=found.pk)


def hold_servers(server_ids: Iterable[int]) -> None:
    """Lock servers by their number, as whoever changes several must before the first one."""
    rows = Server.objects.filter(pk__in=set(server_ids)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def change(tenant_id: int, *, actor: Actor, **wanted: Any) -> list[str]:
    """Change settings, by the names of the model's fields; return which are other ones now.

    Needs the tenant's open scope, in a transaction.
    """
    return changing.change(of(tenant_id), "traffic_settings.changed", wanted, actor=actor)
