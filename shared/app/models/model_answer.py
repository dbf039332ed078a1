"""Try a model: one question whose answer may be a few tokens long. It costs less than a hundredth of a cent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from shared.core.errors import (
    AgentError,
    ConfigError,
    ErrorClass,
    IntegrationError,
    Missing,
    NotAllowed,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Unauthorized,
)
from shared.core.models.model_errors import ModelError
from shared.core.models.model_facts import KEY_REFUSED
from shared.core.text.sentence import make_sentence
from shared.integrations.systems import name_system
from shared.integrations.token_looks import find_misfit
from shared.integrations.trial_result import Tried, tell_unclear
from shared.ports import Secret
from shared.ports.model import ModelRequest, Provider

COMPATIBLE, VERTEX = "compatible", "vertex"
_NAMES = {COMPATIBLE: "The model server", VERTEX: "Vertex AI"}
_KEYS = {
    "anthropic": "On console.anthropic.com open Settings › API keys, make a key, and give that one.",
    "openai": "On platform.openai.com open Settings › API keys, make a key that may use the model, and give that one.",
    "xai": "On console.x.ai open API Keys, make a key that may use the model's endpoint, and give that one.",
    "gemini": "In Google AI Studio (aistudio.google.com) open Get API key, make a key, and give that one.",
    VERTEX: "Run `gcloud auth application-default login`, and give that identity roles/aiplatform.user in the project.",
    COMPATIBLE: "Give the key that the server was started with, or none where it asks for none.",
}
_MONEY = {
    "anthropic": "On console.anthropic.com open Settings › Billing, and buy credits or raise the limit.",
    "openai": "On platform.openai.com open Settings › Billing, and add credit, or raise the limit under Limits.",
    "xai": "On console.x.ai open Billing, and buy credits or raise the limit.",
    "gemini": "In Google AI Studio (aistudio.google.com) set up billing for the key's project, or wait for a new day.",
    VERTEX: "In the Google Cloud console open Billing and IAM & Admin › Quotas of the project.",
    COMPATIBLE: "Look at the limits that the server has been given.",
}
_ANSWER = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
_QUESTION = ModelRequest(
    task="try",
    task_class="cheap",
    system="You are being tried.",
    prompt="Answer with ok set to true.",
    schema=_ANSWER,
    max_output_tokens=16,  # the least that all vendors take
    timeout=timedelta(seconds=45),
)


def try_model(provider: Provider, model: str, key: Secret, *, at: str = "") -> Tried:
    """Say whether the provider takes the key and the model answers; `at` is the address of a server of one's own.

    Facts: provider, model, and tokens and micros (millionths of a US dollar) of the try where it came to an answer.
    """
    name, facts = provider.name, {"provider": provider.name, "model": model}
    if name not in (VERTEX, COMPATIBLE) and (why := find_misfit(name, key)):
        return Tried(False, why, _KEYS.get(name, ""), facts)
    try:
        result = provider.complete(model, _QUESTION)
    except ModelError as error:  # it has answered: that the answer is cut off or odd says nothing about the key
        return _good(name, model, facts, error.used.tokens, error.used.micros)
    except (IntegrationError, ConfigError) as error:
        return _explain_refusal(name, model, error, facts, at)
    return _good(name, model, facts, result.usage.tokens, result.usage.micros)


def _good(name: str, model: str, facts: Mapping[str, str], tokens: int, micros: int) -> Tried:
    shown = {**facts, "tokens": str(tokens), "micros": str(micros)}
    return Tried(True, f"{_name_provider(name)} has answered with the model {model}.", facts=shown)


def _name_provider(name: str) -> str:
    return _NAMES.get(name) or name_system(name)


def _explain_refusal(name: str, model: str, error: AgentError, facts: Mapping[str, str], at: str) -> Tried:
    who = _name_provider(name)
    where = f" at {at}" if at else ""
    match error:
        case ConfigError():
            way_out = (
                "Choose a model that is known (`workwright models`), or name a table with it in WORKWRIGHT_MODELS."
            )
            return Tried(False, make_sentence(str(error).partition(": ")[0]), way_out, facts)
        case _ if isinstance(error, Unauthorized) or str(error).endswith(KEY_REFUSED):
            return Tried(False, f"{who} does not accept this key: {_doubt(name)}.", _KEYS.get(name, ""), facts)
        case QuotaExhausted():
            says = f"{who} accepts the key, but its account has no credit left, or its limit is reached."
            return Tried(False, says, _MONEY.get(name, ""), facts)
        case NotAllowed():
            says = f"{who} does not serve the country or region that this machine calls from."
            return Tried(False, says, error.way_out, facts)
        case Missing():
            return Tried(False, f"{who} knows no model {model}{where}.", _advise_model(name), facts)
        case RateLimited():
            return tell_unclear(who, error, facts)
        case OutcomeUnknown() | IntegrationError(error_class=ErrorClass.TRANSIENT) if name == COMPATIBLE:
            says = f"No model server answers{where}."
            return Tried(
                False, says, "Start it, and give the address that ends in /v1, as its own guide names it.", facts
            )
        case IntegrationError(error_class=ErrorClass.TRANSIENT):
            return tell_unclear(who, error, facts)
        case _:
            says = f"{who} did not take the question to {model}: {error}"
            return Tried(
                False, make_sentence(says), "Choose another model, or look at the provider's status page.", facts
            )


def _doubt(name: str) -> str:
    if name == VERTEX:
        return "this identity may not use Vertex AI in the project, or the API is not enabled there"
    return "it is not complete, was revoked, or may not use this model"


def _advise_model(name: str) -> str:
    if name == COMPATIBLE:
        return "Give the model by the name that the server lists under /v1/models, and the address that ends in /v1."
    if name == VERTEX:
        return (
            "Look at the model's spelling, and at WORKWRIGHT_MODEL_LOCATION: newer models are offered in `global`, and "
            "not in every region."
        )
    return "Look at the spelling (`workwright models`), or choose a model that this key's account may use."
