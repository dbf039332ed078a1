"""Each tenant's model as it is wired: over real HTTP, with the right key, and falling from vendor to vendor."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.engine.deps import Deps
from shared.app.models.model_keys import drop_key, keep_key, own_keys
from shared.app.models.model_verdicts import NoModel
from shared.backends.clock import SystemClock
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import ConfigError, Overloaded, QuotaExhausted, Unauthorized
from shared.core.models.model_facts import Catalogue, Tokens
from shared.core.run.commands import Command
from shared.core.run.run import NOTHING
from shared.ports import ModelRequest, Put, Secret
from shared.settings import Settings
from shared.wiring import models as wired
from shared.wiring.models import Models
from tests.support.ports.moved_clock import MovedClock
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models import openai_server as gpt
from tests.support.servers.models.anthropic_server import AnthropicServer
from tests.support.servers.models.openai_server import OpenAIServer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPERATORS, TEAMS = "-".join(("operators", "made", "up", "key")), "-".join(("teams", "made", "up", "key"))
SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"],
          "additionalProperties": False}  # fmt: skip
ANSWER = {"title": "Größe ✓"}
SAID = json.dumps(ANSWER)
TENANT = "t-1"


def a_request(task_class: str = "quick") -> ModelRequest:
    return ModelRequest("plan", task_class, "You plan.", "Plan it.", SCHEMA, max_output_tokens=500)


@dataclass
class World:
    """A store, the operator's secrets, and vendors' endpoints that open when they are named."""

    deps: Deps
    stack: ExitStack
    lost: list[tuple[str, ...]] = field(default_factory=list)

    def models(self, **env: str) -> Models:
        settings = Settings.from_env(env)
        self.deps = Deps(
            self.deps.store, self.deps.queue, self.deps.secrets, self.deps.clock, models=settings.models
        )  # fmt: skip
        deps = self.deps
        accounts = Accounts(
            deps.store, deps.secrets, deps.clock, Endpoints(), deps.owner, lost=lambda *one: self.lost.append(one)
        )
        return Models(deps, settings, accounts)

    def anthropic(self, key: str | None = None) -> AnthropicServer:
        return self.stack.enter_context(AnthropicServer(key=key))

    def openai(self, vendor: str = "openai", key: str | None = None) -> OpenAIServer:
        return self.stack.enter_context(OpenAIServer(vendor, key=key))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = MovedClock(NOW)
    store = LocalStore(tmp_path, clock)
    with ExitStack() as stack:
        yield World(Deps(store, LocalQueue(store, clock), LocalSecrets(tmp_path), clock), stack)
    store.close()


def test_without_any_variable_rules_answer(world: World) -> None:
    models = world.models()
    assert models.of(TENANT).name == "offline"
    assert models.of(TENANT).estimate(a_request()) == NOTHING


def test_a_server_of_ones_own_needs_an_address_and_a_name_and_no_key(world: World) -> None:
    server = world.openai("local")
    server.script([gpt.chat({"content": SAID})])
    models = world.models(WORKWRIGHT_COMPATIBLE_URL=f"{server.url}/v1", WORKWRIGHT_COMPATIBLE_MODEL="llama-local")
    found = models.of(TENANT).complete(a_request("reason"))
    assert (found.answer, found.model, found.usage.micros) == (ANSWER, "llama-local", 0)
    assert found.made[0].provider == "compatible"
    (sent,) = server.requests
    assert sent.body["model"] == "llama-local"
    assert "authorization" not in {name.lower() for name in sent.headers}


def test_a_hosted_server_has_a_key_and_a_price(world: World) -> None:
    server = world.openai("local", OPERATORS)
    server.script([gpt.chat({"content": SAID}, usage=gpt.chat_usage(1000, 100))])
    world.deps.secrets.set("compatible-api-key", Secret(OPERATORS))
    models = world.models(
        WORKWRIGHT_COMPATIBLE_URL=f"{server.url}/v1",
        WORKWRIGHT_COMPATIBLE_MODEL="llama-local",
        WORKWRIGHT_COMPATIBLE_PRICE="0.5/1.5",
    )
    assert models.of(TENANT).complete(a_request()).usage.micros == 650  # 1000 x 0.5 + 100 x 1.5


def test_the_operators_key_is_read_from_the_secrets_and_missed_by_name(world: World) -> None:
    server = world.anthropic(OPERATORS)
    server.script([claude.text(SAID)])
    models = world.models(WORKWRIGHT_MODEL="anthropic", WORKWRIGHT_ANTHROPIC_URL=server.url)
    with pytest.raises(NoModel, match=r"no key for it.*'anthropic-api-key'"):
        models.of(TENANT).complete(a_request())
    world.deps.secrets.set("anthropic-api-key", Secret(OPERATORS))
    assert models.of(TENANT).complete(a_request()).model == "claude-haiku-5-5"


def test_an_overloaded_vendor_is_followed_by_the_next_over_the_wire(world: World) -> None:
    first, second = world.anthropic(OPERATORS), world.openai(key=OPERATORS)
    first.script([claude.error(529, "Overloaded.")])
    second.script([gpt.text(SAID, usage=gpt.usage(1000, 100))])
    for name in ("anthropic", "openai"):
        world.deps.secrets.set(f"{name}-api-key", Secret(OPERATORS))
    models = world.models(
        WORKWRIGHT_MODEL="anthropic, openai",
        WORKWRIGHT_ANTHROPIC_URL=first.url,
        WORKWRIGHT_OPENAI_URL=f"{second.url}/v1",
    )
    found = models.of(TENANT).complete(a_request())
    assert [(call.model, call.outcome) for call in found.made] == [
        ("claude-haiku-5-5", "overloaded"),
        ("gpt-6-luna", "ok"),
    ]
    assert found.usage.micros == models.catalogue.price("gpt-6-luna", NOW).micros(Tokens(input=1000, output=100))
    world.deps.store.put(TENANT, Put("settings", "tenant", {"models": {"classes": {"quick": ["anthropic"]}}}))
    first.script([claude.error(529, "Overloaded.")])
    with pytest.raises(Overloaded):  # the team's list has nobody else
        models.of(TENANT).complete(a_request())


def test_a_teams_key_goes_before_the_operators_and_is_nobody_elses(world: World) -> None:
    server = world.anthropic()
    server.script([claude.text(SAID), claude.text(SAID), claude.text(SAID)])
    world.deps.secrets.set("anthropic-api-key", Secret(OPERATORS))
    models = world.models(WORKWRIGHT_MODEL="anthropic", WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    for tenant in (TENANT, "t-2"):
        models.of(tenant).complete(a_request())
    drop_key(world.deps, TENANT, "anthropic")
    models.of(TENANT).complete(a_request())
    sent = [{name.lower(): value for name, value in one.headers.items()}["x-api-key"] for one in server.requests]
    assert sent == [TEAMS, OPERATORS, OPERATORS]


def test_a_refused_key_of_a_team_is_given_up_and_told_a_newer_one_is_not_blamed(world: World) -> None:
    server = world.anthropic(key=TEAMS)
    models = world.models(WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret("stale-" + TEAMS), "Ada Example")
    model = models.of(TENANT)
    with pytest.raises(Unauthorized) as caught:
        model.complete(a_request())
    assert caught.value.system == "anthropic"
    assert own_keys(world.deps, TENANT)["anthropic"]["status"] == "revoked"
    assert [one[:3] for one in world.lost] == [(TENANT, "anthropic", "revoked")]
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    server.script([claude.text(SAID)])
    assert models.of(TENANT).complete(a_request()).answer == ANSWER
    assert own_keys(world.deps, TENANT)["anthropic"]["status"] == "connected"


def test_a_used_up_account_is_told_to_its_people_once_a_day(world: World) -> None:
    server = world.anthropic(key=TEAMS)
    server.script([claude.error(402, "Payment is due.")] * 2)
    models = world.models(WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    for _ in range(2):
        with pytest.raises(QuotaExhausted):
            models.of(TENANT).complete(a_request())
    told = list[Command]()
    store = world.deps.store
    assert isinstance(store, LocalStore)
    dispatcher = Dispatcher(store, lambda c: (told.append(c), 204)[1], world.deps.clock, DispatchOptions(workers=0))
    dispatcher.start()
    while dispatcher.deliver_one():
        pass
    dispatcher.stop()
    assert [(each.name, each.topic, each.ref) for each in told] == [("notify", "quota_used_up", "anthropic.2026-11-22")]


def test_a_team_that_brings_a_key_is_not_answered_by_rules(world: World) -> None:
    server = world.anthropic(key=TEAMS)
    server.script([claude.error(529, "Overloaded."), claude.error(529, "Overloaded.")])
    models = world.models(WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    assert models.of(TENANT).name == "anthropic"
    with pytest.raises(Overloaded):
        models.of(TENANT).complete(a_request())
    assert models.of("t-2").name == "offline"


def test_a_team_whose_key_was_refused_waits_for_a_new_one_and_is_not_answered_by_rules(world: World) -> None:
    server = world.anthropic(key=TEAMS)
    models = world.models(WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret("stale-" + TEAMS), "Ada Example")
    for _ in range(2):
        with pytest.raises(Unauthorized) as caught:
            models.of(TENANT).complete(a_request())
        assert caught.value.system == "anthropic"
    assert len(server.requests) == 1
    assert len(world.lost) == 1
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    server.script([claude.text(SAID)])
    assert models.of(TENANT).complete(a_request()).answer == ANSWER


def test_what_the_installation_offers_stands_in_for_a_key_that_was_refused(world: World) -> None:
    server = world.anthropic()
    server.script([claude.error(401, "invalid x-api-key"), claude.text(SAID)])
    world.deps.secrets.set("anthropic-api-key", Secret(OPERATORS))
    models = world.models(WORKWRIGHT_MODEL="anthropic", WORKWRIGHT_ANTHROPIC_URL=server.url)
    keep_key(world.deps, TENANT, "anthropic", Secret(TEAMS), "Ada Example")
    with pytest.raises(Unauthorized):
        models.of(TENANT).complete(a_request())
    models.of(TENANT).complete(a_request())
    sent = [{name.lower(): value for name, value in one.headers.items()}["x-api-key"] for one in server.requests]
    assert sent == [TEAMS, OPERATORS]


def test_an_unknown_model_is_named_with_the_way_out(world: World) -> None:
    with pytest.raises(ConfigError, match=r"'openai/gpt-9'.*WORKWRIGHT_MODELS"):
        world.models(WORKWRIGHT_MODEL="openai/gpt-9")


def test_a_model_of_the_library_is_known_by_the_operators_table(world: World, tmp_path: Path) -> None:
    row = {"from": "2026-01-01", "until": "2029-01-01", "input": "1", "cached": "1", "output": "2"}
    facts = {"providers": ["pydantic-ai"], "window": 9000, "output": 900, "speed": 1, "rank": 5, "prices": [row]}
    table = tmp_path / "own.json"
    table.write_text(json.dumps({"models": {"groq:llama-9": facts}}), encoding="utf-8")
    models = world.models(WORKWRIGHT_MODEL="pydantic-ai/groq:llama-9", WORKWRIGHT_MODELS=str(table))
    assert models.of(TENANT).window("quick") == 9000
    assert models.of(TENANT).estimate(a_request()).micros > 0
    assert "pydantic_ai" not in sys.modules  # not before somebody asks


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"WORKWRIGHT_MODEL": "anthropic/"}, "WORKWRIGHT_MODEL is 'anthropic/'"),
        ({"WORKWRIGHT_MODEL": "anthropic, acme"}, "WORKWRIGHT_MODEL is 'acme'"),
        ({"WORKWRIGHT_MODEL": "vertex"}, "GOOGLE_CLOUD_PROJECT is missing"),
        ({"WORKWRIGHT_MODEL": "compatible"}, "WORKWRIGHT_COMPATIBLE_URL is missing"),
        ({"WORKWRIGHT_COMPATIBLE_URL": "http://127.0.0.1:9/v1"}, "WORKWRIGHT_COMPATIBLE_MODEL is missing"),
        ({"WORKWRIGHT_COMPATIBLE_MODEL": "offline"}, "WORKWRIGHT_COMPATIBLE_MODEL is 'offline'"),
        ({"WORKWRIGHT_OPENAI_URL": "ollama"}, "WORKWRIGHT_OPENAI_URL is 'ollama'"),
        *(
            (
                {
                    "WORKWRIGHT_COMPATIBLE_URL": "http://127.0.0.1:9/v1",
                    "WORKWRIGHT_COMPATIBLE_MODEL": "m",
                    f"WORKWRIGHT_COMPATIBLE_{name}": value,
                },
                f"WORKWRIGHT_COMPATIBLE_{name} is {value!r}",
            )
            for name, value in (
                ("PRICE", "free"),
                ("PRICE", "1"),
                ("PRICE", "-1/2"),
                ("WINDOW", "big"),
                ("WINDOW", "7"),
            )
        ),
    ],
)
def test_a_wrong_variable_is_named(env: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(env)
    assert named in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


def test_a_list_is_taken_in_its_order() -> None:
    settings = Settings.from_env({"WORKWRIGHT_MODEL": "openai/gpt-6-luna, anthropic offline,anthropic"})
    assert settings.models.references == ("openai/gpt-6-luna", "anthropic", "offline")
    assert Settings.from_env({"WORKWRIGHT_MODEL": " , "}).models.references == ("offline",)


@pytest.mark.parametrize(
    ("told", "host", "location"),
    [("", "aiplatform.googleapis.com", "global"), ("eu", "aiplatform.eu.rep.googleapis.com", "eu")],
)
def test_gemini_is_asked_where_it_is_and_not_where_functions_are(
    told: str, host: str, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer models of Gemini are in no single region: asked in the functions' own they are not found."""
    monkeypatch.setattr(wired, "_google", lambda: lambda: "token")
    env = {"GOOGLE_CLOUD_PROJECT": "p", "WORKWRIGHT_LOCATION": "europe-west1", "WORKWRIGHT_MODEL_LOCATION": told}
    asked = wired._BUILT["vertex"](
        "vertex", lambda: Secret("none"), Catalogue({}, {}), SystemClock(), Settings.from_env(env), {}
    )
    assert asked._base == f"https://{host}/v1beta1/projects/p/locations/{location}/publishers/google"
