"""The choices of one data folder, in `setup.json`, without any secret: which system is real, simulated or not used.

A folder without the file has everything simulated. What the file says is checked as a whole when it is read, and what
is not known in it is refused by name: a word that is misspelt must not become a system that is not the one meant.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.backends.local.keys.keyfile import write_private
from shared.core.errors import ConfigError
from shared.integrations.systems import BY_PART, MESSENGERS, SIGN_INS, SYSTEMS

FILE = "setup.json"
VERSION = 1
SECRET, OAUTH = "secret", "oauth"  # how Notion is connected
REAL, SIMULATED, NONE = "real", "simulated", "none"
_MODES = (REAL, SIMULATED, NONE)
_MODES_OF: Mapping[str, tuple[str, ...]] = {
    "notion": (REAL, SIMULATED),  # work begins there
    **{each.name: (REAL, NONE) for each in SYSTEMS.values() if not each.simulated},
}
_ADDRESS = "address"  # of a system that poses as the real one, on this machine: for tests
MAIL = "mail"  # one choice, whichever system it is `by`
_PART_OF: Mapping[str, tuple[str, ...]] = {
    **BY_PART,
    MAIL: (MAIL,),
    **{name: (each.name,) for name, each in SIGN_INS.items()},
}
_OF_MAIL = dict.fromkeys(fact for each in BY_PART[MAIL] for fact in SYSTEMS[each].facts)
FACTS: Mapping[str, tuple[str, ...]] = {  # what may be said of each system beside its mode
    **{name: SYSTEMS[name].facts for names in _PART_OF.values() for name in names if name in SYSTEMS},
    "notion": ("by", "page", "workspace", "bot", _ADDRESS),
    MAIL: ("by", *_OF_MAIL),
}
MODEL_FACTS = ("ask", "url", "name", "project")
_CHANNELS = tuple(name for each in MESSENGERS for name in (each, f"{each}_user"))
PERSON_FACTS = ("id", "name", "email", *_CHANNELS, "notion_user", "role", "channels")
LIMITS = ("call", "run", "day", "month", "kept_back")
_TOLD = ("workspace", "owner", "login", "folder", "bucket", "sender", "channel")  # facts by which people know it
_PARTS = ("version", "systems", "model", "people", "limits", "public_url")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for one system, and the facts about it that are no secret."""

    mode: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def fact(self, name: str) -> str:
        """Return a fact, "" where nothing was said."""
        return self.facts.get(name, "")


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything that was chosen for a data folder."""

    systems: Mapping[str, Choice] = field(default_factory=dict)
    model: Mapping[str, str] = field(default_factory=dict)
    people: Sequence[Mapping[str, Any]] = ()
    limits: Mapping[str, int] = field(default_factory=dict)  # in millionths of a US dollar
    public_url: str = ""

    def read(self, system: str) -> Choice:
        """Return what holds for a system: what was chosen, else what harms nobody.

        Beside a simulated Notion everything is simulated; beside a real one what nobody has chosen is not used.
        """
        known = self.systems.get(system)
        if known is not None:
            return known
        if system == "notion":
            return Choice(SIMULATED)
        simulated = self.read("notion").mode == SIMULATED and SIMULATED in _MODES_OF.get(system, _MODES)
        return Choice(SIMULATED if simulated else NONE)

    def mode(self, system: str) -> str:
        """Return "real", "simulated" or "none"."""
        return self.read(system).mode

    @property
    def modes(self) -> dict[str, str]:
        """Return what holds for each system."""
        return {system: self.mode(system) for system in FACTS}

    def describe_part(self, part: str) -> str:
        """Return in words what was chosen for a part of the set-up, "" where nothing was."""
        if part in _PART_OF:
            chosen = [each for each in _PART_OF[part] if each in self.systems]
            used = [each for each in chosen if self.mode(each) != NONE]
            return "; ".join(self._describe_system(each) for each in used) or (NONE if chosen else "")
        return {
            "model": self.model.get("ask", ""),
            "people": ", ".join(str(each.get("name", each["id"])) for each in self.people),
            "limits": ", ".join(f"{name} {micros / 1_000_000:g} dollars" for name, micros in self.limits.items()),
            "address": self.public_url,
        }[part]

    def _describe_system(self, system: str) -> str:
        choice = self.read(system)
        facts = [value for name, value in choice.facts.items() if name in _TOLD and value]
        return " ".join((choice.mode, system, *(f"({each})" for each in facts[:1])))

    def system_of(self, choice: str) -> str:
        """Return the system that a choice is of: mail is `by` one of several."""
        return (self.read(MAIL).fact("by") or BY_PART[MAIL][0]) if choice == MAIL else choice

    @property
    def simulators(self) -> tuple[str, ...]:
        """Return the simulators that have to run, by their own names."""
        return tuple(self.system_of(choice) for choice in FACTS if self.mode(choice) == SIMULATED)

    @property
    def real(self) -> tuple[str, ...]:
        """Return the systems that are real."""
        return tuple(system for system in FACTS if self.mode(system) == REAL)

    def choosing(self, system: str, mode: str, **facts: str) -> Choices:
        """Return the same choices with another one for this system."""
        given = {name: value for name, value in facts.items() if value}
        return replace(self, systems={**self.systems, system: Choice(mode, given)})

    def to_data(self) -> dict[str, Any]:
        """Return what the file holds."""
        systems = {name: {"mode": choice.mode, **choice.facts} for name, choice in self.systems.items()}
        rest = {"model": dict(self.model), "people": [dict(each) for each in self.people], "limits": dict(self.limits)}
        return {"version": VERSION, "systems": systems, **rest, "public_url": self.public_url}


def read_choices(data: Path) -> Choices:
    """Return the choices of a data folder; raises ConfigError that names everything wrong with the file."""
    path = data / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Choices()
    except (OSError, ValueError) as error:
        raise _wrong(path, [f"it cannot be read as JSON ({type(error).__name__})"]) from None
    problems = _problems(found)
    if problems:
        raise _wrong(path, problems)
    systems = {
        name: Choice(fields["mode"], {key: value for key, value in fields.items() if key != "mode"})
        for name, fields in found.get("systems", {}).items()
    }
    people, limits = tuple(found.get("people", ())), found.get("limits", {})
    return Choices(systems, found.get("model", {}), people, limits, found.get("public_url", ""))


def write_choices(data: Path, choices: Choices) -> None:
    """Keep the choices, as a whole or not at all; raises ConfigError for what could not be read again."""
    content = choices.to_data()
    if problems := _problems(content):
        raise _wrong(data / FILE, problems)
    write_private(data / FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n", replace=True)


def _wrong(path: Path, problems: Sequence[str]) -> ConfigError:
    listed = "\n".join(f"  - {each}" for each in problems)
    way_out = "Correct the file, or move it away and run `workwright init` again: what is kept as a secret stays."
    return ConfigError(f"{path} is wrong:\n{listed}\n  {way_out}")


def _problems(found: Any) -> list[str]:
    if not isinstance(found, dict):
        return ["it is not a JSON object"]
    version = found.get("version")
    if version != VERSION:
        return [f"its version is {version!r}, and this Workwright knows {VERSION}"]
    problems = _find_unknown("", found, _PARTS)
    for name, kind in (("systems", dict), ("model", dict), ("people", list), ("limits", dict), ("public_url", str)):
        if not isinstance(found.get(name, kind()), kind):
            return [*problems, f"{name} has to be {_KINDS[kind]}"]
    for name, choice in found.get("systems", {}).items():
        problems += _system_problems(name, choice)
    problems += _texts("model", found.get("model", {}), MODEL_FACTS)
    for number, person in enumerate(found.get("people", ()), 1):
        problems += _person_problems(f"people {number}", person)
    problems += _find_unknown("limits.", found.get("limits", {}), LIMITS)
    for name, value in found.get("limits", {}).items():
        if type(value) is not int or value < 0:
            problems.append(f"limits.{name} has to be a whole number of millionths of a US dollar")
    address = found.get("public_url", "")
    if address and not _is_web_address(address):
        problems.append(f"public_url is {address!r}; give an address like https://workwright.example")
    return problems


_KINDS: Mapping[type, str] = {dict: "an object", list: "a list", str: "a text"}


def _system_problems(name: str, choice: Any) -> list[str]:
    if name not in FACTS:
        return [f"systems.{name} is not known; there are {', '.join(FACTS)}"]
    if not isinstance(choice, dict):
        return [f"systems.{name} has to be an object"]
    problems = _texts(f"systems.{name}", choice, ("mode", *FACTS[name]))
    allowed = _MODES_OF.get(name, _MODES)
    if choice.get("mode") not in allowed:
        problems.append(f"systems.{name}.mode is {choice.get('mode')!r}; use one of {', '.join(allowed)}")
    address = choice.get(_ADDRESS, "")
    if address and not (_is_web_address(str(address)) and urlsplit(str(address)).hostname in _LOOPBACK):
        problems.append(f"systems.{name}.{_ADDRESS} is {address!r}; it may lead to this machine alone")
    return problems


def _person_problems(where: str, person: Any) -> list[str]:
    if not isinstance(person, dict):
        return [f"{where} has to be an object"]
    problems = _find_unknown(f"{where}: ", person, PERSON_FACTS)
    return problems if person.get("id") else [*problems, f"{where} has no id"]


def _texts(where: str, found: Mapping[str, Any], known: Sequence[str]) -> list[str]:
    wrong = [f"{where}.{name} has to be a text" for name, value in found.items() if not isinstance(value, str)]
    return _find_unknown(f"{where}.", found, known) + wrong


def _find_unknown(where: str, found: Mapping[str, Any], known: Sequence[str]) -> list[str]:
    return [f"{where}{name} is not known; there are {', '.join(known)}" for name in found if name not in known]


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
