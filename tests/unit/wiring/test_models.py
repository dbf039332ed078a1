"""Each tenant's model as it is wired: over real HTTP, with the right key, and falling from vendor to vendor."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from shared.app.models.model_verdicts import NoModel
from shared.backends.clock import SystemClock
from shared.core.errors import ConfigError, Overloaded
from shared.core.models.model_facts import Catalogue, Tokens
from shared.core.run.run import NOTHING
from shared.ports import Put, Secret
from shared.settings import Settings
from shared.wiring import models as wired
from tests.support.desks.wired_models import ANSWER, NOW, OPERATORS, SAID, TENANT, WiredModels, a_request
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models import openai_server as gpt


def test_without_any_variable_rules_answer(world: WiredModels) -> None:
    models = world.models()
    assert models.open_for(TENANT).name == "offline"
    assert models.open_for(TENANT).estimate(a_request()) == NOTHING


def test_a_server_of_ones_own_needs_an_address_and_a_name_and_no_key(world: WiredModels) -> None:
    server = world.openai("local")
    server.script([gpt.chat({"content": SAID})])
    models = world.models(WORKWRIGHT_COMPATIBLE_URL=f"{server.url}/v1", WORKWRIGHT_COMPATIBLE_MODEL="llama-local")
    found = models.open_for(TENANT).complete(a_request("reason"))
    assert (found.answer, found.model, found.usage.micros) == (ANSWER, "llama-local", 0)
    assert found.made[0].provider == "compatible"
    (sent,) = server.requests
    assert sent.body["model"] == "llama-local"
    assert "authorization" not in {name.lower() for name in sent.headers}


def test_a_hosted_server_has_a_key_and_a_price(world: WiredModels) -> None:
    server = world.openai("local", OPERATORS)
    server.script([gpt.chat({"content": SAID}, usage=gpt.chat_usage(1000, 100))])
    world.deps.secrets.set("compatible-api-key", Secret(OPERATORS))
    models = world.models(
        WORKWRIGHT_COMPATIBLE_URL=f"{server.url}/v1",
        WORKWRIGHT_COMPATIBLE_MODEL="llama-local",
        WORKWRIGHT_COMPATIBLE_PRICE="0.5/1.5",
    )
    assert models.open_for(TENANT).complete(a_request()).usage.micros == 650  # 1000 x 0.5 + 100 x 1.5


def test_the_operators_key_is_read_from_the_secrets_and_missed_by_name(world: WiredModels) -> None:
    server = world.anthropic(OPERATORS)
    server.script([claude.text(SAID)])
    models = world.models(WORKWRIGHT_MODEL="anthropic", WORKWRIGHT_ANTHROPIC_URL=server.url)
    with pytest.raises(NoModel, match=r"no key for it.*'anthropic-api-key'"):
        models.open_for(TENANT).complete(a_request())
    world.deps.secrets.set("anthropic-api-key", Secret(OPERATORS))
    assert models.open_for(TENANT).complete(a_request()).model == "claude-haiku-5-5"


def test_an_overloaded_vendor_is_followed_by_the_next_over_the_wire(world: WiredModels) -> None:
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
    found = models.open_for(TENANT).complete(a_request())
    assert [(call.model, call.outcome) for call in found.made] == [
        ("claude-haiku-5-5", "overloaded"),
        ("gpt-6-luna", "ok"),
    ]
    assert found.usage.micros == models.catalogue.price("gpt-6-luna", NOW).micros(Tokens(input=1000, output=100))
    world.deps.store.put(TENANT, Put("settings", "tenant", {"models": {"classes": {"quick": ["anthropic"]}}}))
    first.script([claude.error(529, "Overloaded.")])
    with pytest.raises(Overloaded):  # the team's list has nobody else
        models.open_for(TENANT).complete(a_request())


def test_an_unknown_model_is_named_with_the_way_out(world: WiredModels) -> None:
    with pytest.raises(ConfigError, match=r"'openai/gpt-9'.*WORKWRIGHT_MODELS"):
        world.models(WORKWRIGHT_MODEL="openai/gpt-9")


def test_a_model_of_the_library_is_known_by_the_operators_table(world: WiredModels, tmp_path: Path) -> None:
    row = {"from": "2026-01-01", "until": "2029-01-01", "input": "1", "cached": "1", "output": "2"}
    facts = {"providers": ["pydantic-ai"], "window": 9000, "output": 900, "speed": 1, "rank": 5, "prices": [row]}
    table = tmp_path / "own.json"
    table.write_text(json.dumps({"models": {"groq:llama-9": facts}}), encoding="utf-8")
    models = world.models(WORKWRIGHT_MODEL="pydantic-ai/groq:llama-9", WORKWRIGHT_MODELS=str(table))
    assert models.open_for(TENANT).window("quick") == 9000
    assert models.open_for(TENANT).estimate(a_request()).micros > 0
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
