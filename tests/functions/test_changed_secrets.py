"""The operator's own secrets are changed without a gap: what was made with the one before counts for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.app.api.exchange import ApiRequest
from shared.app.api.keys import PEPPER
from shared.app.api.router import Api
from shared.app.approval.approvals import LINK_KEY, approval_token, read_token
from shared.app.connections.connect_tickets import STATE_KEY, make_ticket, read_ticket
from shared.app.engine.deps import Deps
from shared.app.tenants.operator_secrets import CHANGED, change
from shared.core.errors import BadSignature, ConfigError
from shared.ports import Secret
from tests.functions.conftest import MINE, Service
from tests.support.ports.moved_clock import MovedClock


@pytest.fixture
def moved(service: Service) -> tuple[Deps, MovedClock]:
    """Return the ports of the service under a clock in hand."""
    clock = MovedClock(service.deps.clock.now())
    service.deps.secrets.set(STATE_KEY, Secret("a state key of the tests"))
    return replace(service.deps, clock=clock), clock


def _asks(deps: Deps, key: str) -> int:
    return Api(deps).answer(ApiRequest("GET", "/v1/runs", headers={"authorization": f"Bearer {key}"})).status


def test_a_key_shown_within_the_time_works_ever_after_and_one_that_was_not_does_not(
    service: Service, moved: tuple[Deps, MovedClock]
) -> None:
    deps, clock = moved
    owner, viewer = service.keys["owner"], service.keys["viewer"]
    change(deps, PEPPER)
    assert _asks(deps, owner) == 200
    clock.move(seconds=(CHANGED[PEPPER] + timedelta(seconds=1)).total_seconds())
    assert _asks(deps, owner) == 200
    assert _asks(deps, viewer) == 401


def _link(service: Service, deps: Deps) -> Callable[[], object]:
    token = approval_token(deps, service.waiting())
    return lambda: read_token(deps, token).tenant


def _ticket(service: Service, deps: Deps) -> Callable[[], object]:
    ticket = make_ticket(deps, MINE, "gitlab", "operator")
    return lambda: read_ticket(deps, ticket).tenant


@pytest.mark.parametrize(("name", "made"), [(LINK_KEY, _link), (STATE_KEY, _ticket)])
def test_what_was_signed_before_counts_unless_the_one_before_is_refused_at_once(
    service: Service, moved: tuple[Deps, MovedClock], name: str, made: Callable[[Service, Deps], Callable[[], object]]
) -> None:
    deps, _ = moved
    before = made(service, deps)
    change(deps, name)
    after = made(service, deps)
    assert before() == after() == MINE
    with pytest.raises(ConfigError, match="already"):
        change(deps, name)
    change(deps, name, at_once=True)
    for read in (before, after):
        with pytest.raises(BadSignature):
            read()
    assert made(service, deps)() == MINE


@pytest.mark.parametrize("point", ["rotate.after/before", "rotate.after/until"])
def test_a_change_that_dies_leaves_the_secret_in_use(
    service: Service, moved: tuple[Deps, MovedClock], point: str
) -> None:
    def die(passed: str) -> None:
        if passed == point:
            raise KeyboardInterrupt

    deps, _ = moved
    read = _link(service, deps)
    with pytest.raises(KeyboardInterrupt):
        change(replace(deps, crash_point=die), LINK_KEY)
    assert read() == MINE
    change(deps, LINK_KEY, at_once=True)
    with pytest.raises(BadSignature):
        read()


def test_a_change_that_was_cut_off_is_finished_by_doing_it_again(
    service: Service, moved: tuple[Deps, MovedClock]
) -> None:
    def die(passed: str) -> None:
        if passed == "rotate.after/until":
            raise KeyboardInterrupt

    deps, _ = moved
    read, old = _link(service, deps), deps.secrets.get(LINK_KEY)
    with pytest.raises(KeyboardInterrupt):
        change(replace(deps, crash_point=die), LINK_KEY)
    change(deps, LINK_KEY)
    assert deps.secrets.get(LINK_KEY) != old
    assert read() == MINE
    with pytest.raises(ConfigError, match="already"):
        change(deps, LINK_KEY)


def test_only_what_is_made_up_here_is_changed(moved: tuple[Deps, MovedClock]) -> None:
    with pytest.raises(ConfigError, match="api-key-pepper"):
        change(moved[0], "notion-client-secret")
