"""Which model is asked: from a team's rules, what is connected, what a request needs, and how the models have been.

Pure. The order is the whole decision: the first choice is asked, the next ones when it cannot answer
(`app/models/routed_model.py`). Each choice says in words why it stands where it stands, and each model that was left
out why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.core.documents.codec import unknown
from shared.core.errors import ConfigError
from shared.core.models.model_facts import OFFLINE, Catalogue, ModelFacts, Tokens

QUALITY, COST, LATENCY = "quality", "cost", "latency"
PREFERENCES = (QUALITY, COST, LATENCY)
_TYPICAL = Tokens(input=4000, output=1000)  # what a request is taken for where nothing is known of it


@dataclass(frozen=True, slots=True)
class Rules:
    """What a team wants: its own list per task class, or a preference; what is allowed at all.

    Entries are references, `provider/model`, or a provider's name for all its models.
    """

    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefer: str = ""
    allow: tuple[str, ...] = ()  # empty: everything that is connected
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """What a request needs of a model: tokens of its prompt and of the answer, and whether it brings tools."""

    tokens: int = 0
    output: int = 0
    tools: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What a model was last seen with, and until when that is remembered."""

    what: str  # "overloaded", "rate_limited", …: words of the taxonomy of errors
    until: datetime
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Choice:
    """A model to ask, and why. `mark` says that it was not well just now."""

    provider: str
    model: str
    why: str
    mark: Mark | None = None

    @property
    def reference(self) -> str:
        """Return `provider/model`."""
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Routing:
    """The choices in order, and what was left out, with the reasons."""

    choices: tuple[Choice, ...]
    left_out: tuple[tuple[str, str], ...] = ()


def rules_of(settings: Mapping[str, Any]) -> Rules:
    """Return the rules in a tenant's settings; what is not of their form counts for nothing."""
    found = settings.get("models")
    if not isinstance(found, Mapping):
        return Rules()
    classes = found.get("classes")
    listed = {str(k): _texts(v) for k, v in classes.items()} if isinstance(classes, Mapping) else {}
    prefer = str(found.get("prefer") or "")
    return Rules(
        {name: refs for name, refs in listed.items() if refs},
        prefer if prefer in PREFERENCES else "",
        _texts(found.get("allow")),
        _texts(found.get("deny")),
    )


def route(
    task_class: str,
    rules: Rules,
    catalogue: Catalogue,
    connected: Sequence[str],
    health: Mapping[str, Mark],
    needs: Needs,
    now: datetime,
) -> Routing:
    """Return whom to ask, in order. `connected` lists providers or references, the preferred first.

    A team's own list for the class stands as it is; else its preference sorts what is connected; else the order of
    `connected` does. Who was not well comes after the others. A request that is too long for all goes to the largest.
    """
    listed = rules.classes.get(task_class)
    wanted = _expand_entries(listed or connected, task_class, catalogue)
    out: list[tuple[str, str]] = []
    fitting, small = list[str](), list[tuple[int, str]]()
    for reference in wanted:
        reason = _explain_barred(reference, rules, catalogue, connected, needs, now)
        facts = None if reason else catalogue.facts(*_model_provider(reference))
        if facts is not None and (lack := _find_shortage(facts, needs)):
            small.append((facts.window, reference))
            reason = lack
        if reason:
            out.append((reference, reason))
        else:
            fitting.append(reference)
    if not fitting and small:
        fitting = [max(small)[1]]
        out = [each for each in out if each[0] != fitting[0]]
    ordered = fitting if listed else _sort_by_preference(fitting, rules.prefer, catalogue, needs, now)
    choices = [
        Choice(provider, model, _explain_choice(place, f"{provider}/{model}", task_class, rules, catalogue, needs, now))
        for place, (provider, _, model) in enumerate((each.partition("/") for each in ordered), 1)
    ]
    return Routing(tuple(_sort_by_health(choices, health, now)), tuple(out))


def estimate_cost(catalogue: Catalogue, reference: str, needs: Needs, now: datetime) -> int:
    """Return what a request of this size may cost there, in millionths of a dollar: to compare, not to book."""
    model, provider = _model_provider(reference)
    tokens = Tokens(input=needs.tokens or _TYPICAL.input, output=needs.output // 4 or _TYPICAL.output)
    return catalogue.price(model, now, provider).micros(tokens)


def matches(reference: str, patterns: Sequence[str]) -> bool:
    """Say whether a reference is among these references and providers."""
    return reference in patterns or reference.partition("/")[0] in patterns


def _texts(given: Any) -> tuple[str, ...]:
    return tuple(each for each in given if isinstance(each, str)) if isinstance(given, list | tuple) else ()


def _model_provider(reference: str) -> tuple[str, str]:
    provider, _, model = reference.partition("/")
    return model, provider


def _expand_entries(entries: Sequence[str], task_class: str, catalogue: Catalogue) -> list[str]:
    """Return references: a provider's name stands for its models that suit the task class."""
    found: dict[str, None] = {}
    for entry in entries:
        found |= dict.fromkeys([entry] if "/" in entry else catalogue.references(task_class, entry))
    return list(found)


def _explain_barred(
    reference: str, rules: Rules, catalogue: Catalogue, connected: Sequence[str], needs: Needs, now: datetime
) -> str:
    """Return why a model may not be asked at all, "" when it may."""
    if not matches(reference, connected):
        return "not connected"
    if not catalogue.knows(reference):
        return "not known"
    if rules.allow and not matches(reference, rules.allow):
        return "not on the team's list of what is allowed"
    if matches(reference, rules.deny):
        return "denied by the team"
    model, provider = _model_provider(reference)
    if needs.tools and not catalogue.facts(model, provider).tools:
        return "takes no tools"
    try:
        catalogue.price(model, now, provider)
    except ConfigError as error:
        return str(error)
    return ""


def _find_shortage(facts: ModelFacts, needs: Needs) -> str:
    if needs.output > facts.output:
        return f"answers with at most {facts.output} tokens, wanted are up to {needs.output}"
    whole = needs.tokens + needs.output
    return f"takes {facts.window} tokens, the request may need {whole}" if whole > facts.window else ""


def _sort_by_preference(
    fitting: list[str], prefer: str, catalogue: Catalogue, needs: Needs, now: datetime
) -> list[str]:
    """Return them in the order of the preference; rules of ours stand last, for they are no model's answer."""

    def key(reference: str) -> tuple[bool, int, int]:
        facts = catalogue.facts(*_model_provider(reference))
        cost = estimate_cost(catalogue, reference, needs, now)
        first = {QUALITY: (facts.rank, cost), COST: (cost, facts.rank), LATENCY: (facts.speed, facts.rank)}
        return (facts.id == OFFLINE, *first[prefer])

    return sorted(fitting, key=key) if prefer else fitting


def _explain_choice(
    place: int, reference: str, task_class: str, rules: Rules, catalogue: Catalogue, needs: Needs, now: datetime
) -> str:
    if task_class in rules.classes:
        return f"place {place} of the team's list for {task_class}"
    if rules.prefer == COST:
        cost = estimate_cost(catalogue, reference, needs, now) / 1e6
        return f"place {place} by cost for {task_class}: about {cost:.4f} US dollars"
    facts = catalogue.facts(*_model_provider(reference))
    if rules.prefer == LATENCY:
        return f"place {place} by latency for {task_class}: speed class {facts.speed}"
    if rules.prefer == QUALITY:
        return f"place {place} by quality for {task_class}: rank {facts.rank}"
    return f"place {place} of the usual order for {task_class}"


def _sort_by_health(choices: list[Choice], health: Mapping[str, Mark], now: datetime) -> list[Choice]:
    marked = {each.reference: health[each.reference] for each in choices if each.reference in health}
    sick = {name: mark for name, mark in marked.items() if mark.until > now}
    well = [each for each in choices if each.reference not in sick]
    return well + [
        replace(each, mark=sick[each.reference], why=f"{each.why}; was {sick[each.reference].what} just now")
        for each in choices
        if each.reference in sick
    ]
