"""Set up what work may cost, and under which public address this machine is reached, if under any."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from shared.cli.setup.guide import Guide
from shared.cli.setup.setup_folder import open_folder
from shared.core.errors import ConfigError
from shared.local.configuration.choices import LIMITS
from shared.local.configuration.tenant import carry_over

ABOUT_LIMITS = "Limits: what models may cost, in US dollars."
ABOUT_ADDRESS = "A public address: not needed. With one, Notion and others tell of changes at once, by webhooks."
_MICROS = 1_000_000
_ASKED = {
    "call": "The most that one call of a model may cost",
    "run": "The most that one run may cost",
    "day": "The most that a day may cost, in UTC",
    "month": "The most that a month may cost, in UTC",
    "kept_back": "The part of it that is kept for telling people and undoing things",
}


def set_up_limits(guide: Guide) -> None:
    """Ask for each limit; nothing given leaves it as it is."""
    found = dict(guide.choices.limits)
    for name in LIMITS:
        known = found.get(name)
        text = guide.ask.text(f"limits.{name}", f"{_ASKED[name]}, in dollars", _dollars(known))
        if text:
            found[name] = _micros(name, text)
    for name in ("run", "day", "month"):
        if name in found and found[name] < found.get("kept_back", 0):
            raise ConfigError(f"limits.kept_back is more than limits.{name}; nothing would be left to work with")
    wanted = replace(guide.choices, limits=found)
    with open_folder(guide.data, wanted) as house:
        guide.keep(wanted)
        carry_over(house.deps, house.accounts, guide.data, wanted)


def set_up_address(guide: Guide) -> None:
    url = guide.ask.text("address.public_url", "The address, like https://workwright.example", guide.choices.public_url)
    guide.keep(replace(guide.choices, public_url=url.rstrip("/")))
    if url:
        guide.ask.tell(
            "Let it lead to the port of `workwright up`, then set up Notion's webhook: `workwright webhook`."
        )


def _dollars(micros: int | None) -> str:
    return "" if micros is None else f"{micros / _MICROS:g}"


def _micros(name: str, text: str) -> int:
    try:
        found = Fraction(text) * _MICROS
    except (ValueError, ZeroDivisionError):
        found = Fraction(-1)
    if found < 0 or found.denominator != 1:
        raise ConfigError(f"limits.{name} is {text!r}; give US dollars, like 2.50")
    return int(found)
