"""A team's own key to a model: before the operator's, nobody else's, and given up in words when it is refused."""

from __future__ import annotations

import pytest

from shared.app.models.model_keys import drop_key, keep_key, own_keys
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import Overloaded, QuotaExhausted, Unauthorized
from shared.core.run.commands import Command
from shared.ports import Secret
from tests.support.desks.wired_models import ANSWER, OPERATORS, SAID, TEAMS, TENANT, WiredModels, a_request
from tests.support.servers.models import anthropic_server as claude


def test_a_teams_key_goes_before_the_operators_and_is_nobody_elses(world: WiredModels) -> None:
    server = world.anthropic()
    server.script([claude.text(SAID), claude.text(SAID), claude.text(SAID)])
    world.deps.secrets.set("anthropic-api-key", Secret(OPERATORS))
    models = world.models(WORKWRIGHT_MODEL="anthropic", WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    for tenant in (TENANT, "t-2"):
        models.open_for(tenant).complete(a_request())
    drop_key(world.deps, TENANT, "anthropic")
    models.open_for(TENANT).complete(a_request())
    sent = [{name.lower(): value for name, value in one.headers.items()}["x-api-key"] for one in server.requests]
    assert sent == [TEAMS, OPERATORS, OPERATORS]


def test_a_refused_key_of_a_team_is_given_up_and_told_a_newer_one_is_not_blamed(world: WiredModels) -> None:
    server = world.anthropic(key=TEAMS)
    models = world.models(WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret("stale-" + TEAMS), "Ada Example")
    model = models.open_for(TENANT)
    with pytest.raises(Unauthorized) as caught:
        model.complete(a_request())
    assert caught.value.system == "anthropic"
    assert own_keys(world.deps, TENANT)["anthropic"]["status"] == "revoked"
    assert [one[:3] for one in world.lost] == [(TENANT, "anthropic", "revoked")]
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    server.script([claude.text(SAID)])
    assert models.open_for(TENANT).complete(a_request()).answer == ANSWER
    assert own_keys(world.deps, TENANT)["anthropic"]["status"] == "connected"


def test_a_used_up_account_is_told_to_its_people_once_a_day(world: WiredModels) -> None:
    server = world.anthropic(key=TEAMS)
    server.script([claude.error(402, "Payment is due.")] * 2)
    models = world.models(WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    for _ in range(2):
        with pytest.raises(QuotaExhausted):
            models.open_for(TENANT).complete(a_request())
    told = list[Command]()
    store = world.deps.store
    assert isinstance(store, LocalStore)
    dispatcher = Dispatcher(store, lambda c: (told.append(c), 204)[1], world.deps.clock, DispatchOptions(workers=0))
    dispatcher.start()
    while dispatcher.deliver_one():
        pass
    dispatcher.stop()
    assert [(each.name, each.topic, each.ref) for each in told] == [("notify", "quota_used_up", "anthropic.2026-11-22")]


def test_a_team_that_brings_a_key_is_not_answered_by_rules(world: WiredModels) -> None:
    server = world.anthropic(key=TEAMS)
    server.script([claude.error(529, "Overloaded."), claude.error(529, "Overloaded.")])
    models = world.models(WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    assert models.open_for(TENANT).name == "anthropic"
    with pytest.raises(Overloaded):
        models.open_for(TENANT).complete(a_request())
    assert models.open_for("t-2").name == "offline"


def test_a_team_whose_key_was_refused_waits_for_a_new_one_and_is_not_answered_by_rules(world: WiredModels) -> None:
    server = world.anthropic(key=TEAMS)
    models = world.models(WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret("stale-" + TEAMS), "Ada Example")
    for _ in range(2):
        with pytest.raises(Unauthorized) as caught:
            models.open_for(TENANT).complete(a_request())
        assert caught.value.system == "anthropic"
    assert len(server.requests) == 1
    assert len(world.lost) == 1
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    server.script([claude.text(SAID)])
    assert models.open_for(TENANT).complete(a_request()).answer == ANSWER


def test_what_the_installation_offers_stands_in_for_a_key_that_was_refused(world: WiredModels) -> None:
    server = world.anthropic()
    server.script([claude.error(401, "invalid x-api-key"), claude.text(SAID)])
    world.deps.secrets.set("anthropic-api-key", Secret(OPERATORS))
    models = world.models(WORKWRIGHT_MODEL="anthropic", WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    with pytest.raises(Unauthorized):
        models.open_for(TENANT).complete(a_request())
    models.open_for(TENANT).complete(a_request())
    sent = [{name.lower(): value for name, value in one.headers.items()}["x-api-key"] for one in server.requests]
    assert sent == [TEAMS, OPERATORS]
