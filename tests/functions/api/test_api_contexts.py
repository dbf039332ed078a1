"""What a step has told a model, over the API: for owners and admins, with placeholders, with earlier attempts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.app.models.contexts import keep_context
from shared.mind.context import Context, Part, assemble
from tests.functions.conftest import MINE, Service
from tests.support.builders.made_up_secrets import made_up

TOKEN = made_up()["notion"][1]


def kept(service: Service, *texts: str, budget: int = 300) -> None:
    """Keep one context for each attempt of a step that has told a model these texts."""
    run = service.waiting()
    step = run.step("build")
    assert step is not None
    for attempt, text in enumerate(texts, 1):
        parts = [Part("task", "us", "Build it.", trusted=True), Part("page", "page p1", text)]
        keep_context(service.deps, run, replace(step, attempt=attempt), assemble(parts, budget=budget))


def shown(service: Service, step: str = "build", **given: Any) -> Any:
    return service.call("GET", f"/v1/runs/run-waits/context/{step}", **given)


def test_parts_tokens_shares_and_text_are_shown(service: Service) -> None:
    kept(service, "Bread and cake.")
    found = shown(service).json
    assert (found["run"], found["step"], found["kind"], found["attempt"]) == ("run-waits", "build", "code.generate", 1)
    assert [(part["name"], part["source"], part["trusted"]) for part in found["parts"]] == [
        ("task", "us", True), ("page", "page p1", False)
    ]  # fmt: skip
    assert 0 < found["parts"][1]["share"] < 1
    assert found["tokens"] <= found["budget"] == 300
    assert "Bread and cake." in found["text"]
    assert found["earlier"] == []


def test_the_latest_attempt_is_shown_and_earlier_ones_are_listed(service: Service) -> None:
    kept(service, "First.", "Second.", "Third.")
    found = shown(service).json
    assert (found["attempt"], "Third." in found["text"]) == (3, True)
    assert [one["attempt"] for one in found["earlier"]] == [1, 2]
    assert "First." in service.deps.store.get_text(MINE, found["earlier"][0]["prompt"])


def test_what_was_left_out_is_said(service: Service) -> None:
    kept(service, "The shop opens at eight. " * 400)
    assert shown(service).json["dropped"][0].startswith("page (page p1): no room: ")


def test_secrets_are_placeholders_in_it(service: Service) -> None:
    kept(service, f"The key is {TOKEN}.")
    assert "[[secret:notion-token:1]]" in shown(service).json["text"]
    assert TOKEN not in shown(service).text


def test_keeping_the_same_again_changes_nothing(service: Service) -> None:
    kept(service, "First.", "Second.")
    before = service.deps.store.get(MINE, "contexts", "run-waits.build")
    assert before is not None
    run = service.deps.store.load_run(MINE, "run-waits")
    assert run is not None
    step = run.run.step("build")
    assert step is not None
    again: Context = assemble(
        [Part("task", "us", "Build it.", trusted=True), Part("page", "page p1", "Second.")], budget=300
    )
    keep_context(service.deps, run.run, replace(step, attempt=2), again)
    after = service.deps.store.get(MINE, "contexts", "run-waits.build")
    assert after is not None
    assert after.version == before.version


@pytest.mark.parametrize("step", ["build", "nobody"])
def test_a_step_that_has_asked_no_model_is_not_there(service: Service, step: str) -> None:
    service.waiting()
    answer = shown(service, step)
    assert answer.status_code == 404
    assert "has asked no model" in answer.json["detail"]
    assert "none yet" in answer.json["way_out"]


def test_a_step_that_asked_none_names_those_that_did(service: Service) -> None:
    kept(service, "Bread.")
    assert "Steps that have asked one: build." in shown(service, "approve").json["way_out"]
