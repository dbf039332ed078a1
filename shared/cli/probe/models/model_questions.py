"""What the probes of models share: a schema, a tool, what is asked, and where the models answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.cli.probe.calls import Call, Kept, Place, Probe
from shared.cli.probe.plain_calls import NOBODYS, Asker
from shared.core.errors import ConfigError
from shared.ports import Secret
from shared.settings import Settings

Json = dict[str, Any]

ASK_TITLE = "Give the title of a page about bread, in one word."
ASK_TOOL = "What is the weather in Paris? Use the tool; do not answer without it."
ASK_LONG = "Write the numbers from one to a thousand as words."
SCHEMA: Json = {
    "type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"],
    "additionalProperties": False,
}  # fmt: skip
INPUT: Json = {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False,
}  # fmt: skip
TOOL = ("look", "Tells the weather of a city.")
NO_MODEL = "no-model-of-this-name"


def read_place(named: str) -> Place:
    """Return the model that a name names; raises ConfigError."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,120}", named):
        raise ConfigError("--in names no model; give its name as the vendor writes it")
    return Place(f"the model {named}", {"model": named})


def maker(
    system: str, address: str, headers: Callable[[Secret], Mapping[str, str]], ends: str = ""
) -> Callable[..., Asker]:
    """Return what makes that which asks: at the vendor's address, or where the settings say; both end in `ends`."""

    def make(settings: Settings, secret: Secret, kept: Kept) -> Asker:
        base = settings.model_urls.get(system) or address
        if not base:
            raise ConfigError(f"there is no server to ask; set WORKWRIGHT_{system.upper()}_URL")
        base = base.rstrip("/").removesuffix(ends) + ends
        return Asker(system, base, headers(secret), headers(Secret(NOBODYS)), {}, {})

    return make


def probe_of(system: str, title: str, calls: tuple[Call, ...], make: Callable[..., Asker], **more: Any) -> Probe:
    usual: Json = {
        "asks_for": "the name of a model, best a cheap one", "rights": "a key that may ask that model",
        "read_place": read_place, "secrets": (f"{system}-api-key",), "credential_name": f"{title} key",
    }  # fmt: skip
    return Probe(
        system=system,
        title=title,
        address="",
        makes=f"nothing; {len(calls)} short questions cost about a cent",
        calls=calls,
        credential=lambda secret: {},
        make=make,
        pace=0.5,
        no_harm=(("limits, spent quotas and overload have their own refusals", "they cannot be brought about"),),
        **{**usual, **more},
    )
