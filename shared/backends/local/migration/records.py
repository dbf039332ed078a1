"""What of a tenant is in no document: what waits in the queue, and what days were counted to cost before ledgers."""

from __future__ import annotations

from collections.abc import Iterator

from shared.backends.local.delivery import tasks
from shared.backends.local.state.encoding import check_tenant
from shared.backends.local.state.local_store import LocalStore
from shared.core.run.commands import Command
from shared.core.run.run import Usage


def waiting_commands(store: LocalStore, tenant: str) -> list[Command]:
    """Return the tenant's commands that are still to be delivered, the first due first."""
    with store.reading() as connection:
        found = [(due, command) for command, due, _ in tasks.alive(connection) if command.tenant == tenant]
    return [command for _, command in sorted(found, key=lambda each: (each[0], each[1].id))]


def counted_days(store: LocalStore, tenant: str) -> Iterator[tuple[str, Usage]]:
    """Yield each day for which the tenant's cost was counted, and how much."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT day, tokens, micros FROM usage WHERE tenant = ? ORDER BY day", (check_tenant(tenant),)
        ).fetchall()
    for day, tokens, micros in rows:
        yield day, Usage(tokens, micros)
