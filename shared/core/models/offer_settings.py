"""Which models an installation offers, as its environment says it."""

from __future__ import annotations

from fractions import Fraction

from shared.core.environment import Environment
from shared.core.models.model_facts import OFFLINE, PROVIDERS, ModelFacts, Offer, describe_own_model


def read_offer(reader: Environment) -> Offer:
    """Return which models this installation offers; a server of one's own is offered where nothing else is said."""
    compatible = _compatible(reader)
    default = "compatible" if compatible else OFFLINE
    given = reader.env.get("WORKWRIGHT_MODEL", "").replace(",", " ").split() or [default]
    for each in given:
        provider, slash, model = each.partition("/")
        if provider not in PROVIDERS or (slash and not model):
            reader.refuse(
                f"WORKWRIGHT_MODEL is {each!r}; list what to ask, the preferred first: providers"
                f" ({', '.join(PROVIDERS)}) or their models such as anthropic/claude-sonnet-5-5"
            )
        elif provider == "vertex" and not reader.env.get("GOOGLE_CLOUD_PROJECT"):
            reader.refuse("GOOGLE_CLOUD_PROJECT is missing; vertex needs the id of a Google Cloud project")
        elif provider == "compatible" and compatible is None and not reader.env.get("WORKWRIGHT_COMPATIBLE_URL"):
            reader.refuse(
                "WORKWRIGHT_COMPATIBLE_URL is missing; set it to the address of the server,"
                " such as http://127.0.0.1:11434/v1"
            )
    return Offer(tuple(dict.fromkeys(given)), reader.env.get("WORKWRIGHT_MODELS") or "", compatible)


def _compatible(reader: Environment) -> ModelFacts | None:
    """Return the model of a server of one's own, such as Ollama, vLLM or llama.cpp."""
    url, model = (reader.env.get(f"WORKWRIGHT_COMPATIBLE_{part}") or "" for part in ("URL", "MODEL"))
    if url and not model:
        reader.refuse(
            "WORKWRIGHT_COMPATIBLE_MODEL is missing; set it to the name of a model on that server, such as llama3.1"
        )
    if model == OFFLINE:  # the name by which code is trusted to be ours
        reader.refuse(f"WORKWRIGHT_COMPATIBLE_MODEL is {model!r}; a model of that name cannot be asked")
    if not url or not model:
        return None
    window = reader.whole("WORKWRIGHT_COMPATIBLE_WINDOW", 32_768, minimum=1024, maximum=100_000_000) or 32_768
    return describe_own_model(model, "compatible", window=window, speed=2, rank=9, rates=_rates(reader))


def _rates(reader: Environment) -> tuple[Fraction, Fraction] | None:
    """Return dollars per million tokens, in and out: what a hosted server costs."""
    text = reader.env.get("WORKWRIGHT_COMPATIBLE_PRICE") or "0/0"
    fresh, slash, output = text.partition("/")
    try:
        rates = Fraction(fresh), Fraction(output)
    except (ValueError, ZeroDivisionError):
        rates = Fraction(-1), Fraction(-1)
    if not slash or min(rates) < 0:
        reader.refuse(
            f"WORKWRIGHT_COMPATIBLE_PRICE is {text!r}; give US dollars per million tokens, in/out, such as 0.50/1.50"
        )
        return None
    return rates
