"""Pages of the list of runs, on every store: walked to their end while runs are opened, they give each one once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.app.api.exchange import ApiRequest, Call, Caller
from shared.app.api.keys import PEPPER
from shared.app.api.run.run_list import GROUPS, list_runs
from shared.core.run.run import RunStatus, Trigger
from shared.ports import Secret
from tests.support.builders.saved_runs import a_run, opening
from tests.support.ports.moved_clock import START
from tests.support.ports.two_tenants import TwoTenants

STATES = st.sampled_from(RunStatus)
PEOPLE = ("Ada", "Grace")
RUNS = st.lists(st.tuples(st.integers(0, 5), STATES, st.sampled_from(PEOPLE)), max_size=12)
ASKED = st.fixed_dictionaries(
    {},
    optional={"group": st.sampled_from(sorted(GROUPS)), "by": st.sampled_from(PEOPLE), "from": st.just("2026-03-02")},
)


def _call(tenants: TwoTenants, tenant: str, query: dict[str, object]) -> Call:
    who = Caller(tenant, "viewer", "0" * 12, "a script")
    return Call(tenants.deps, ApiRequest("GET", "/v1/runs"), who, query=query)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=RUNS, asked=ASKED, size=st.integers(1, 14), arriving=st.integers(0, 2))
def test_pages_of_any_size_give_each_run_once_while_others_are_opened(
    tenants: TwoTenants, kept: list[tuple[int, RunStatus, str]], asked: dict[str, str], size: int, arriving: int
) -> None:
    store, team = tenants.deps.store, f"t-{uuid4().hex[:24]}"
    tenants.deps.secrets.set(PEPPER, Secret("a pepper of the tests"))
    wanted = []
    for number, (minute, status, by) in enumerate(kept):
        opened_at = START + timedelta(minutes=minute)  # several at one moment
        trigger = Trigger("page", "p1", "An idea", by)
        store.commit(opening(a_run(f"run-{number}", team, status=status, trigger=trigger, opened_at=opened_at)))
        if status in GROUPS.get(asked.get("group", ""), tuple(RunStatus)) and asked.get("by", by) == by:
            wanted.append((opened_at, f"run-{number}"))
    seen: list[str] = []
    cursor: dict[str, object] = {}
    while True:
        body = list_runs(_call(tenants, team, {**asked, **cursor, "limit": size})).body
        assert body is not None
        assert len(body["runs"]) <= size
        seen += [run["id"] for run in body["runs"]]
        if body["next_cursor"] is None:
            break
        cursor = {"cursor": body["next_cursor"]}
        for _ in range(arriving):
            store.commit(opening(a_run(f"run-new-{uuid4().hex}", team, opened_at=START + timedelta(hours=1))))
    assert seen == [run for _, run in sorted(wanted, reverse=True)]
