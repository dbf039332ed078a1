"""A key for models is tried by one short question, over each vendor's own wire format and in its own words."""

from collections.abc import Iterator

import pytest
import requests

from shared.app.models.model_answer import _QUESTION, try_model
from shared.backends.clock import SystemClock
from shared.core.errors import NotAllowed
from shared.integrations.trial_result import Tried
from shared.ports import Secret
from shared.wiring.model_trials import try_model_key
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models import openai_server as gpt
from tests.support.servers.models import vertex_answers as google
from tests.support.servers.models.model_endpoint import Answer, dropped
from tests.support.servers.models.model_vendors import KEY, VENDORS, Rig, answers, good, rig
from tests.support.servers.models.openai_server import OpenAIServer


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


@pytest.fixture(params=VENDORS, scope="module")
def vendor(request: pytest.FixtureRequest, session: requests.Session) -> Iterator[Rig]:
    with rig(request.param, session) as made:
        yield made


def tried(vendor: Rig, *said: Answer, model: str = "") -> Tried:
    vendor.endpoint.script(said)
    return try_model(vendor.provider, model or vendor.model, Secret(KEY), at="http://127.0.0.1:1/v1")


def test_a_good_key_is_said_with_what_it_cost(vendor: Rig):
    before = len(vendor.endpoint.requests)
    found = tried(vendor, good(vendor.name, '{"ok": true}'))
    assert found.ok
    assert vendor.model in found.says
    assert (found.facts["provider"], found.facts["model"]) == (vendor.name, vendor.model)
    assert int(found.facts["tokens"]) == 9412 + 350
    assert len(vendor.endpoint.requests) == before + 1


def test_an_answer_that_is_cut_off_is_an_answer(vendor: Rig):
    cut = {"anthropic": claude.text("{", "max_tokens"), "gemini": google.cut({"ok": True}, 3)}
    cut |= {"vertex": cut["gemini"], "compatible": gpt.chat({"content": "{"}, "length")}
    assert tried(vendor, cut.get(vendor.name) or gpt.incomplete("max_output_tokens")).ok


def test_a_refused_key_is_said_with_where_a_new_one_is(vendor: Rig):
    for answer in answers(vendor.name)["key"]:
        found = tried(vendor, answer)
        assert not found.ok
        assert "does not accept this key" in found.says
        assert KEY not in found.says
        assert "key" in found.way_out or "gcloud" in found.way_out


def test_an_account_without_credit_is_not_a_bad_key(vendor: Rig):
    for answer in answers(vendor.name)["quota"]:
        found = tried(vendor, answer)
        assert "accepts the key, but its account has no credit left" in found.says
        assert "illing" in found.way_out or vendor.name == "compatible"


def test_a_model_that_the_provider_does_not_know(vendor: Rig):
    found = tried(vendor, answers(vendor.name)["no such model"][0])
    assert f"knows no model {vendor.model}" in found.says
    expected = {"vertex": "WORKWRIGHT_MODEL_LOCATION", "compatible": "/v1/models"}
    assert expected.get(vendor.name, "workwright models") in found.way_out


def test_limits_and_outages_say_nothing_about_the_key(vendor: Rig):
    assert "no more calls" in tried(vendor, answers(vendor.name)["limited"][0]).says
    for answer in (*answers(vendor.name)["failed"], *answers(vendor.name)["overloaded"], dropped()):
        found = tried(vendor, answer)
        assert not found.ok
        assert "answer" in found.says


WRONG_PLACE = {
    "openai": gpt.error("openai", 403, "Country, region, or territory not supported", "unsupported_country_region"),
    "gemini": google.error(400, "User location is not supported for the API use."),
    "anthropic": Answer(403, {"type": "error", "error": {"type": "forbidden", "message": "Request not allowed"}}),
}


@pytest.mark.parametrize("name", WRONG_PLACE)
def test_a_place_that_is_not_served_is_no_keys_fault(session: requests.Session, name: str):
    """The error is another than a refused key's: that one would have the tenant's key taken for revoked."""
    with rig(name, session) as vendor:
        found = tried(vendor, WRONG_PLACE[name])
        assert "does not serve the country or region that this machine calls from" in found.says
        assert "another provider" in found.way_out
        vendor.endpoint.script([WRONG_PLACE[name]])
        with pytest.raises(NotAllowed):
            vendor.provider.complete(vendor.model, _QUESTION)


@pytest.mark.parametrize("key", ["", "sk-" + "ant-1 2", "gh" + "p_1", "https://console.x.ai"])
def test_what_is_not_a_key_is_never_sent(key: str):
    found = try_model_key("openai/gpt-6-luna", Secret(key), SystemClock(), url="http://127.0.0.1:9/v1")
    assert not found.ok
    assert "platform.openai.com" in found.way_out


def test_a_server_of_ones_own_is_tried_by_its_address():
    with OpenAIServer("local") as server:
        server.script([good("compatible", '{"ok": true}')])
        found = try_model_key("compatible/llama-local", Secret(""), SystemClock(), url=f"{server.url}/v1")
        assert found.says == "The model server has answered with the model llama-local."
        assert found.facts["micros"] == "0"
        found = try_model_key("compatible/another", Secret(""), SystemClock(), url=f"{server.url}/v1")
        assert f"knows no model another at {server.url}/v1" in found.says


def test_a_server_that_is_not_there_or_has_no_address():
    away = try_model_key("compatible/m", Secret(""), SystemClock(), url="http://127.0.0.1:9/v1")
    assert away.says == "No model server answers at http://127.0.0.1:9/v1."
    assert "Start it" in away.way_out
    assert not try_model_key("compatible/m", Secret(""), SystemClock(), url="localhost").ok


def test_a_provider_alone_is_tried_by_its_cheapest_model():
    with OpenAIServer("openai", key=KEY) as server:
        server.script([good("openai", '{"ok": true}')])
        found = try_model_key("openai", Secret(KEY), SystemClock(), url=f"{server.url}/v1")
        assert found.says == "OpenAI has answered with the model gpt-6-luna."
    assert "name is missing" in try_model_key("compatible", Secret(""), SystemClock(), url="http://127.0.0.1:9/v1").says


def test_a_model_that_nothing_is_known_of():
    found = try_model_key("openai/gpt-none", Secret("sk-" + "x"), SystemClock(), url="http://127.0.0.1:9/v1")
    assert found.says == "Nothing is known of the model openai/gpt-none, so that nobody could say what it costs."
    assert not try_model_key("nobody/none", Secret("x"), SystemClock()).ok
