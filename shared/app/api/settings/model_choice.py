"""Models: which there are, what they cost today, who would be asked; a team's rules, and keys that nobody reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import Schema, choice, lists, shape, text, texts
from shared.app.models.model_health import Health
from shared.app.models.model_keys import drop_key, keep_key, list_models, own_keys
from shared.app.tenants.settings_changes import change_sections
from shared.core.errors import ConfigError, NotThere
from shared.core.models.model_facts import KEYED, PROVIDERS, TASK_CLASSES, Catalogue, ModelFacts, Rates
from shared.core.models.routing import PREFERENCES, Needs, Rules, matches, route, rules_of
from shared.core.tenants.sections import Bodies, change_section
from shared.mind.catalogue import load_offered
from shared.ports import Secret
from shared.ports.documents import all_settings

_MAX = 30  # entries of one list
_ENTRY = text(f"^({'|'.join(PROVIDERS)})(/[!-~]{{1,120}})?$", max_length=150)
_LIST = lists(_ENTRY, _MAX, what="Providers, or models such as anthropic/claude-sonnet-5-5.")
RULES: Schema = shape(
    classes=texts(
        _LIST, *TASK_CLASSES, what="Whom to ask for each task class, the preferred one first; an empty list removes it."
    ),
    prefer=choice("", *PREFERENCES),
    allow=_LIST,
    deny=_LIST,
)
KEY: Schema = shape(
    provider=choice(*KEYED),
    key=text("^[!-~]{8,500}$", max_length=500, what="The key, as the provider shows it."),
    required=("provider", "key"),
)


def show_models(call: Call) -> ApiReply:
    """Return the models with today's prices, what is connected, the rules, and who would be asked now; never a key."""
    deps, tenant, now = call.deps, call.tenant, call.deps.clock.now()
    known, connected = load_offered(deps.models), list_models(deps, tenant)
    rules = _rules(call)
    marks = Health(deps.store, deps.clock, tenant).marks()
    routes = {name: route(name, rules, known, connected, marks, Needs(), now) for name in TASK_CLASSES}
    return ApiReply(
        body={
            "checked": known.checked,
            "rules": {
                "classes": {name: list(listed) for name, listed in rules.classes.items()},
                "prefer": rules.prefer,
                "allow": list(rules.allow),
                "deny": list(rules.deny),
            },
            "providers": _providers(call, connected),
            "asked": [
                {"task_class": name, "reference": each.reference, "why": each.why}
                for name, found in routes.items()
                for each in found.choices
            ],
            "left_out": [
                {"task_class": name, "reference": reference, "why": why}
                for name, found in routes.items()
                for reference, why in found.left_out
            ],
            "models": [
                _model(call, known, provider, facts, connected)
                for facts in (*known.models.values(), *known.own.values())
                for provider in facts.providers
            ],
        }
    )


def change_rules(call: Call) -> ApiReply:
    """Change the rules that are given; the others stay. A name that nobody knows is refused, and nothing is kept."""
    given = call.body
    check_models(call, given)
    changes = {name: value for name, value in given.items() if name != "classes" or value}
    change_sections(call.deps, call.tenant, call.who.actor, lambda known: change_models(known, changes))
    return show_models(call)


def check_models(call: Call, given: Mapping[str, Any], path: str = "") -> None:
    """Raise NotThere, naming the field, for a model that nobody knows."""
    known = load_offered(call.deps.models)
    for name, listed in (given.get("classes") or {}).items():
        _check(f"{path}classes.{name}", listed or (), known)
    for name in ("allow", "deny"):
        _check(path + name, given.get(name) or (), known)


def change_models(bodies: Bodies, changes: Mapping[str, Any]) -> Bodies:
    """Return the settings with these rules changed; an empty list for a task class removes it."""
    given = dict(changes)
    if given.get("classes") is not None:
        given["classes"] = {name: refs or None for name, refs in given["classes"].items()}
    return change_section(bodies, "models", given)


def set_key(call: Call) -> ApiReply:
    """Store a key of the team's own for a provider, encrypted; it is never shown again."""
    keep_key(call.deps, call.tenant, call.body["provider"], Secret(call.body["key"]), call.who.name)
    return show_models(call)


def forget_key(call: Call) -> ApiReply:
    """Forget the team's own key for a provider."""
    drop_key(call.deps, call.tenant, call.parts["provider"])
    return show_models(call)


def _rules(call: Call) -> Rules:
    return rules_of(all_settings(call.deps.store, call.tenant))


def _check(field: str, listed: Sequence[str], known: Catalogue) -> None:
    for each in listed:
        if "/" in each and not known.knows(each):
            raise NotThere(
                f"field '{field}' names the unknown model {each!r}", way_out="GET /v1/models lists the models."
            )


def _providers(call: Call, connected: Sequence[str]) -> list[Mapping[str, Any]]:
    own = own_keys(call.deps, call.tenant)
    offered_here = {each.partition("/")[0] for each in call.deps.models.references}
    found: list[Mapping[str, Any]] = []
    for name in PROVIDERS:
        key = own.get(name)
        by = "team" if key and key["status"] == "connected" else "installation" if name in offered_here else ""
        usable = name in {each.partition("/")[0] for each in connected}
        found.append(
            {
                "id": name,
                "connected": usable,
                "by": by,
                "takes_key": name in KEYED,
                "key_since": key["since"] if key else "",
                "key_by": key["by"] if key else "",
                "key_status": key["status"] if key else "",
            }
        )
    return found


def _model(
    call: Call, known: Catalogue, provider: str, facts: ModelFacts, connected: Sequence[str]
) -> Mapping[str, Any]:
    reference = f"{provider}/{facts.id}"
    try:
        rates = known.price(facts.id, call.deps.clock.now(), provider).rates
    except ConfigError:
        rates = ()
    return {
        "reference": reference,
        "connected": matches(reference, connected),
        "window": facts.window,
        "output": facts.output,
        "speed": facts.speed,
        "prices": [_rates(each) for each in rates],
    }


def _rates(rates: Rates) -> Mapping[str, Any]:
    dollars = {name: float(getattr(rates, name)) for name in ("input", "cached", "written", "output")}
    return {"from_tokens": rates.min_tokens, **dollars}
