"""Commands that nothing stands behind come again: later each time, but as soon as a limit or a request lets them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.app.engine.deps import Deps
from shared.app.engine.requeue import MAX_TIMES, patient
from shared.app.engine.tools import Tools
from shared.core.errors import BudgetSpent, IntegrationError, NotSettled, RateLimited, Unavailable, Unreachable
from shared.core.run.commands import CONSIDER, Command
from shared.ports import Put
from tests.support.ports.local_ports import Ports, tools_with

LOOK = Command("look-1", CONSIDER, "plan", "t-1", ref="page-1")


def _waits(ports: Ports, error: IntegrationError, times: int, first: Command = LOOK) -> list[float]:
    """Return the seconds between the deliveries of a command whose use case raises the error each time."""

    @patient
    def use_case(command: Command, deps: Deps, tools: Tools) -> None:
        raise error

    waits, command = [], first
    for _ in range(times):
        use_case(command, ports.deps, tools_with())
        for second in range(1, 1000):
            ports.clock.move(seconds=1)
            if due := ports.deliver_due(lambda c: 204):
                (command,) = due
                waits.append(float(second))
                break
    return waits


@pytest.mark.parametrize("kind", [RateLimited, BudgetSpent, NotSettled])
def test_what_a_rate_limit_or_an_earlier_request_asks_for_is_waited_for_however_often_it_comes(
    ports: Ports, kind: type[IntegrationError]
) -> None:
    waits = _waits(ports, kind("notion", "later", retry_after=timedelta(seconds=40)), 12)
    assert len(waits) == 12
    assert all(40 <= wait <= 43 for wait in waits)


def test_an_outage_is_waited_for_longer_each_time(ports: Ports) -> None:
    waits = _waits(ports, Unavailable("notion", "503", retry_after=timedelta(seconds=4)), 8)
    assert waits[0] <= 5
    assert waits[-1] >= 120


def test_it_does_not_come_for_ever(ports: Ports) -> None:
    with pytest.raises(BudgetSpent):
        _waits(
            ports, BudgetSpent("notion", "later", retry_after=timedelta(seconds=4)), 1, replace(LOOK, attempt=MAX_TIMES)
        )


def test_no_network_is_looked_for_every_half_minute_and_counts_for_nothing_for_a_day(ports: Ports) -> None:
    away = Unreachable("notion", "GET /v1/pages/1: no connection")
    assert all(30 <= wait <= 33 for wait in _waits(ports, away, 12, replace(LOOK, attempt=MAX_TIMES - 1)))
    ports.deps.store.put("t-1", Put("unreached", "notion", _since(ports, timedelta(hours=25))))
    assert _waits(ports, away, 8)[-1] >= 120  # an address that is wrong, and not the network


def _since(ports: Ports, span: timedelta) -> dict[str, str]:
    now = ports.clock.now()
    return {"since": (now - span).isoformat(), "last": now.isoformat()}
