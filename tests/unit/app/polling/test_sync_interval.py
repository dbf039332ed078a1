"""The time that a team wants between two looks at its Notion: kept by the passes, and by nothing else of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from shared.app.intake.reconcile import order_passes
from shared.app.tenants.settings_changes import change_settings
from shared.core.documents.codec import to_body
from shared.core.documents.sync import PASS, Pass
from shared.ports import Put
from tests.support.ports.local_ports import Ports, local_ports


def _had_pass(ports: Ports, tenant: str, ago: timedelta) -> None:
    ended = (ports.deps.clock.now() - ago).isoformat()
    grant = Put("grants", "notion", {"status": "connected"})
    ports.store.put(tenant, grant, Put(*PASS, to_body(Pass(ended))))


def test_no_pass_is_ordered_before_the_time_that_a_team_wants_and_others_have_theirs(tmp_path: Path) -> None:
    with local_ports(tmp_path / "data") as ports:
        change_settings(ports.deps, "t-1", sync={"interval_s": 900})
        for tenant in ("t-1", "t-2"):
            _had_pass(ports, tenant, timedelta(minutes=10))
        assert order_passes(ports.deps) == {"ordered": 1}
        _had_pass(ports, "t-1", timedelta(minutes=15))
        assert order_passes(ports.deps) == {"ordered": 2}
        _had_pass(ports, "t-1", timedelta(minutes=-15))  # a clock was turned back
        assert order_passes(ports.deps) == {"ordered": 2}
