"""The sender of a simulated home is verified by a setup that comes again, too: Amazon SES takes an identity once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from shared.local.first_setup import SENDER, Installation, _verify_sender
from shared.local.simulators._server import serve
from shared.local.simulators.ses import SesSimulator
from shared.settings import Settings


def test_a_setup_that_comes_again_finds_the_sender_verified() -> None:
    simulator = SesSimulator()
    server = serve(simulator)
    wired = SimpleNamespace(settings=Settings())
    house = cast("Installation", SimpleNamespace(simulators={"ses": simulator.base_url}, wired=wired))
    for _ in range(2):
        _verify_sender(house)
    server.shutdown()
    assert [name.partition("/")[2] for name in simulator.state["identities"]] == [SENDER]
    assert [entry["status"] for entry in simulator.journal] == [200, 400]
