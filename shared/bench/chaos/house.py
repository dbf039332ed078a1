"""The house that dies: `workwright up` on simulators outside of it. `python -m shared.bench.chaos.house ORDER`."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

import requests

from shared import log
from shared.backends.local.keys.identity import LocalCallers
from shared.local.first_setup import settle_in
from shared.local.runtime import House


def main(order: str) -> int:
    """Run until told to stop; ORDER is JSON: `data`, `port`, and `simulators` by name."""
    wanted = json.loads(order)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    log.show_from("WARNING")
    house = House(Path(wanted["data"]), int(wanted["port"]), simulators=wanted["simulators"])
    house.start()
    home = settle_in(house)
    _look_around(house, home.tenant)
    ready = {"url": house.url, "person": home.person, "ideas": home.ideas}
    print(json.dumps(ready), flush=True)
    while not ended.wait(0.2):
        pass
    house.stop()
    return 0


def _look_around(house: House, tenant: str) -> None:
    """Order the pass that a house makes in its first minute: those that die later have lived for longer than that."""
    if house.wired.deps.store.get(tenant, "sync", "pass") is None:
        url = house.functions["sync"]
        headers = {"Authorization": LocalCallers(house.data).authorization(url)}
        requests.post(url, headers=headers, timeout=60).raise_for_status()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
