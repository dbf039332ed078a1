"""Set up what thinks: one of the vendors' models by a key, a server of one's own, or rules without a network."""

from __future__ import annotations

from dataclasses import replace

from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.setup.code_safety import refuse_unsafe_code
from shared.cli.setup.guide import Guide
from shared.cli.setup.trials import try_model_of
from shared.core.models.model_facts import KEYED, OFFLINE
from shared.integrations.trial_result import Tried
from shared.ports import Secret

ABOUT = "The model: what reads pages, plans and programs."
_USES = (
    (OFFLINE, "None: rules of ours, without a network and without cost"),
    ("anthropic", "Anthropic, by a key"),
    ("openai", "OpenAI, by a key"),
    ("gemini", "Google's Gemini, by a key"),
    ("xai", "xAI, by a key"),
    ("vertex", "Vertex AI, with this machine's Google identity"),
    ("compatible", "A server of my own, such as Ollama, vLLM or llama.cpp"),
)


def set_up_model(guide: Guide) -> None:
    """Ask which model thinks, and try it."""
    use = guide.ask.choose("model.use", "Which model?", _USES, guide.choices.model.get("ask", "").partition("/")[0])
    refuse_unsafe_code(guide.choices, model=use)
    if use == OFFLINE:
        guide.keep(replace(guide.choices, model={"ask": OFFLINE}))
        return
    chosen: dict[str, str] = {}
    key = Secret("")

    def attempt() -> Tried:
        nonlocal chosen, key
        chosen, key = _ask_model(guide, use)
        return try_model_of(chosen, key)

    if guide.try_until_it_works(attempt) is None:
        return
    if key:
        LocalSecrets(guide.data).set(f"{use}-api-key", key)
    guide.keep(replace(guide.choices, model={name: value for name, value in chosen.items() if value}))


def _ask_model(guide: Guide, use: str) -> tuple[dict[str, str], Secret]:
    ask, known = guide.ask, guide.choices.model
    chosen = {"ask": use, "url": ask.read_prepared("model.url") or known.get("url", ""), "name": "", "project": ""}
    key = Secret("")
    if use in KEYED:
        key = ask.secret("model.key", "The key")
    elif use == "vertex":
        chosen["project"] = ask.text("model.project", "The id of the Google Cloud project", known.get("project", ""))
    else:
        usual = known.get("url") or "http://127.0.0.1:11434/v1"
        chosen["url"] = ask.text("model.url", "The server's address", usual)
        chosen["name"] = ask.text("model.name", "The model's name on that server", known.get("name", ""))
        if (
            ask.read_prepared("model.key")
            or ask.choose("model.keyed", "Does it ask for a key?", _YES_NO, "no") == "yes"
        ):
            key = ask.secret("model.key", "The key")
    return chosen, key


_YES_NO = (("no", "No"), ("yes", "Yes"))
