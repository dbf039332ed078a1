"""How models have been of late: who is asked first for a while, who not at all, and what makes forget."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shared.app.models.model_health import Health, forget_health
from shared.app.models.routed_model import RoutedModel
from shared.core.errors import Overloaded, QuotaExhausted, RateLimited, StoreError, Unavailable
from shared.core.models.model_errors import Refused
from shared.core.models.routing import Rules
from shared.core.run.run import Usage
from shared.mind.catalogue import load_catalogue
from tests.unit.models.routed_world import LIST, NOW, OPUS, SOL, World, a_request


def test_who_was_overloaded_is_not_asked_first_for_a_while_by_other_instances_either(world: World) -> None:
    model = world.model()
    world.plays("anthropic", Overloaded("anthropic", "529"))
    model.complete(a_request())
    assert model.complete(a_request()).model == "gpt-6.1-sol"
    elsewhere = world.model(health=Health(world.store, world.clock, "t-1"))
    assert elsewhere.complete(a_request()).model == "gpt-6.1-sol"
    other_tenant = world.model(health=Health(world.store, world.clock, "t-2"))
    assert other_tenant.complete(a_request()).model == "claude-opus-5-5"
    world.clock.move(seconds=31)
    assert model.complete(a_request()).model == "claude-opus-5-5"


def test_where_nobody_else_is_left_the_sick_are_asked(world: World) -> None:
    model = world.model(Rules({"reason": (OPUS,)}))
    world.plays("anthropic", QuotaExhausted("anthropic", "no credit"))
    with pytest.raises(QuotaExhausted):
        model.complete(a_request())
    assert model.complete(a_request()).model == "claude-opus-5-5"  # somebody has paid
    assert Health(world.store, world.clock, "t-1").marks() == {}  # and that is known


def test_a_new_key_makes_forget(world: World) -> None:
    model = world.model()
    world.plays("anthropic", QuotaExhausted("anthropic", "no credit"))
    model.complete(a_request())
    forget_health(world.store, "t-1", "anthropic")
    fresh = world.model(health=Health(world.store, world.clock, "t-1"))
    assert fresh.complete(a_request()).model == "claude-opus-5-5"


def test_a_new_key_makes_other_processes_forget_too(world: World) -> None:
    remembered = Health(world.store, world.clock, "t-1")
    model = world.model(health=remembered)
    world.plays("anthropic", QuotaExhausted("anthropic", "no credit"))
    model.complete(a_request())
    forget_health(world.store, "t-1", "anthropic")
    world.clock.move(seconds=16)  # it looks every 15
    assert model.complete(a_request()).model == "claude-opus-5-5"


def test_a_used_up_account_is_not_asked_again_while_another_only_told_us_to_wait(world: World) -> None:
    model = world.model(Rules({"reason": (OPUS, SOL)}))
    world.plays("anthropic", QuotaExhausted("anthropic", "no credit"))
    world.plays("openai", RateLimited("openai", "429", retry_after=timedelta(seconds=60)))
    with pytest.raises(RateLimited):
        model.complete(a_request())
    asked = list(world.asked)
    world.clock.move(seconds=20)
    with pytest.raises(RateLimited) as caught:
        model.complete(a_request())
    assert world.asked == asked
    assert caught.value.retry_after == timedelta(seconds=40)
    world.clock.move(seconds=41)
    assert model.complete(a_request()).model == "gpt-6.1-sol"


def test_what_cannot_be_remembered_loses_neither_the_answer_nor_what_was_paid(world: World) -> None:
    class Forgetful(Health):
        def mark(self, reference: str, what: str, until: datetime) -> None:
            raise StoreError("no store")

        def clear(self, reference: str) -> None:
            raise StoreError("no store")

    def no_queue(provider: str) -> None:
        raise Unavailable("queue", "no queue")

    health = Forgetful(world.store, world.clock, "t-1")
    world.model(health=health)  # builds the providers
    model = RoutedModel(
        Rules({"reason": LIST}), world.providers, load_catalogue(), world.clock, health,
        connected=("anthropic", "openai", "vertex"), used_up=no_queue,
    )  # fmt: skip
    world.plays("anthropic", Refused("no", used=Usage(20, 30)))
    world.plays("openai", QuotaExhausted("openai", "no credit"))
    assert model.complete(a_request()).usage == Usage(120, 80)
    Health(world.store, world.clock, "t-1").mark(OPUS, "overloaded", NOW + timedelta(minutes=5))
    alone = world.model(Rules({"reason": (OPUS,)}), health=Forgetful(world.store, world.clock, "t-1"))
    assert alone.complete(a_request()).model == "claude-opus-5-5"
