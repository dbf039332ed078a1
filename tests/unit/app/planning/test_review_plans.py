"""A plan in which something is shown to the world before it is tested is no plan."""

from typing import Any

import pytest

from shared.app.planning.plan_thinking import rule_of
from shared.backends.offline.model import OfflineModel
from shared.core.models.model_errors import InvalidOutput
from shared.core.planning.plan import validate
from shared.steps import KINDS

RULES = {name: rule_of(kind, OfflineModel(), KINDS) for name, kind in KINDS.items() if kind.plannable}
INPUTS: dict[str, dict[str, Any]] = {
    "code.generate": {"artifact": "static_site"},
    "repository.propose_change": {"title": "A site", "branch": "workwright/a-site"},
    "site.deploy": {"project": "a-site"},
}
WHOLE = {
    "generate": ("code.generate", []),
    "test": ("code.test", ["generate"]),
    "pull": ("repository.propose_change", ["test"]),
    "deploy": ("site.deploy", ["test"]),
    "verify": ("site.verify", ["deploy"]),
    "promote": ("site.promote", ["verify", "pull"]),
}


def proposed(**changes: tuple[str, list[str]] | None) -> list[dict[str, Any]]:
    """Return the usual plan with some steps changed, left out (None) or added."""
    steps = {name: step for name, step in {**WHOLE, **changes}.items() if step}
    return [
        {"id": name, "kind": kind, "input": INPUTS.get(kind, {}), "depends_on": needs}
        for name, (kind, needs) in steps.items()
    ]


def test_the_usual_plan_stands() -> None:
    assert len(validate(proposed(), RULES, prefix="", max_steps=20)) == len(WHOLE)


@pytest.mark.parametrize(
    ("changes", "step", "needed"),
    [
        ({"pull": ("repository.propose_change", ["generate"])}, "pull", "code.test"),
        ({"deploy": ("site.deploy", [])}, "deploy", "code.generate"),
        ({"deploy": ("site.deploy", ["generate"])}, "deploy", "code.test"),
        ({"test": ("code.test", [])}, "test", "code.generate"),
        ({"generate": None, "test": ("code.test", [])}, "test", "code.generate"),
        ({"promote": ("site.promote", ["deploy"])}, "promote", "site.verify"),
        ({"verify": ("site.verify", ["test"])}, "verify", "site.deploy"),
        ({"second": ("site.deploy", ["test"])}, "verify", "site.deploy"),
    ],
    ids=str,
)
def test_a_step_that_comes_too_early_is_named(changes: dict[str, Any], step: str, needed: str) -> None:
    with pytest.raises(InvalidOutput, match=f"step '{step}' .*after every step of the kind {needed}"):
        validate(proposed(**changes), RULES, prefix="", max_steps=20)
