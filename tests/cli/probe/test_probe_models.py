"""The probes of models find the endpoints that tests have for each vendor as the vendors describe them."""

from __future__ import annotations

import dataclasses

import pytest

from shared.cli.probe.calls import Answer, Ask
from shared.cli.probe.probes import PROBES
from shared.cli.probe.run import compare_answer
from shared.core.errors import ConfigError
from shared.ports import Secret
from shared.settings import Settings
from tests.cli.probe.rig import Remembering, alterations, found_in
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models import openai_server as gpt
from tests.support.servers.models import vertex_answers as google
from tests.support.servers.models.model_vendors import HALF, KEY, MODELS, VENDORS, _endpoint, calling, good
from tests.support.servers.models.vertex_server import VertexServer

CITY = {"city": "Paris"}


def _cut_off(name: str) -> object:
    if name == "anthropic":
        return claude.text(HALF, "max_tokens")
    if name in ("gemini", "vertex"):
        return google.text(HALF, finish="MAX_TOKENS")
    return gpt.chat({"content": HALF}, "length") if name == "compatible" else gpt.incomplete("max_output_tokens")


@pytest.mark.parametrize("name", VENDORS)
def test_the_endpoint_answers_as_the_vendor_says_and_every_change_is_noticed(name: str) -> None:
    probe, model = PROBES[name], MODELS[name]
    kept = probe.read_place(f"test-project/us-central1/{model}" if name == "vertex" else model).kept
    with _endpoint(name) as endpoint:
        if isinstance(endpoint, VertexServer):
            endpoint.models = {model}
        endpoint.script([good(name), calling(name, ("call_1", "look", CITY)), _cut_off(name)])
        url = endpoint.url + ("/v1" if name in ("openai", "xai", "compatible") else "")
        settings = Settings.from_env({f"WORKWRIGHT_{name.upper()}_URL": url, "WORKWRIGHT_COMPATIBLE_MODEL": model})
        assert probe.make is not None
        asker = probe.make(settings, Secret(KEY), kept)
        asker.sleep = lambda seconds: None
        run = Remembering(probe, asker, kept, "mark")
        outcomes = list(run.outcomes())
        assert endpoint.unused == 0
    assert found_in(outcomes) == {}
    assert len(outcomes) >= 4
    altered = [
        (call.name, what)
        for call, expected, answer in run.compared.values()
        for what, other in alterations(expected, answer)
        if not compare_answer(expected, other, run.words, "")
    ]
    assert altered == []


def test_what_a_model_says_is_in_no_report() -> None:
    said = "a sentence that only the model knows"
    probe = PROBES["compatible"]
    call = next(each for each in probe.calls if each.name == "an answer of a form")
    answer = Answer(200, {}, {"id": said, "object": said, "choices": said, "usage": {said: said}})
    run = Remembering(probe, object(), {"model": "m"}, "mark")
    told = [dataclasses.astuple(each) for each in compare_answer(call.expect, answer, run.words, "")]
    assert len(told) > 3
    assert said not in str(told)


def test_a_server_of_ones_own_has_to_be_named() -> None:
    probe = PROBES["compatible"]
    assert probe.make is not None
    with pytest.raises(ConfigError, match="WORKWRIGHT_COMPATIBLE_URL"):
        probe.make(Settings.from_env({}), Secret(KEY), {})
    assert probe.make(
        Settings.from_env({}).__class__(model_urls={"compatible": "http://127.0.0.1:1/v1"}), Secret(KEY), {}
    )


def test_a_question_names_the_model_that_was_chosen() -> None:
    asks = [call.ask for name in VENDORS for call in PROBES[name].calls]
    questions = [ask for ask in asks if ask.method == "POST" and "no-model" not in f"{ask.path}{ask.body}"]
    assert [ask for ask in questions if "{model}" not in f"{ask.path}{ask.body}"] == []
    assert isinstance(questions[0], Ask)
