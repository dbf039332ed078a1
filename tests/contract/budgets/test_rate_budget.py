"""The shared budget of calls on Firestore: compare-and-set there, time in hand here."""

from __future__ import annotations

import math

from shared.core.rate_window import Rate
from shared.ports import SYSTEM, Store
from shared.rate_budget import Payer
from tests.support.ports.rate_rig import Jobs, RateRig, between

BOT = Payer("notion", "bot-1", "space-1")
LIMIT, CALLS, WORKERS = 40, 150, 4


def test_four_instances_keep_the_cap_on_firestore_and_lose_less_than_a_tenth(firestore_store: Store) -> None:
    rig, jobs = RateRig(firestore_store, Rate(limit=LIMIT)), Jobs(CALLS)
    names = [(f"worker-{i}", between(-1.0, 1.0, i)) for i in range(WORKERS)]
    rig.time.run(*(rig.worker(name, rig.instance(name, ahead), BOT, jobs) for name, ahead in names))
    assert len(rig.arrived["bot-1"]) == CALLS
    assert rig.most_in_a_window("bot-1") <= LIMIT
    assert max(rig.arrived["bot-1"]) <= 60.0 * (math.ceil(CALLS / LIMIT) - 1) * 1.1
    doc = firestore_store.get(SYSTEM, "rates", BOT.own)
    assert doc is not None
    assert 0 < sum(n for _, n in doc.body["spent"]) <= LIMIT
