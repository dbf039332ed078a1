"""Code is planned, written and mended through every vendor's wire format, within what is reserved for it beforehand.

The endpoints are strict: a schema or a field that the vendor refuses fails here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.app.money.budget import step_estimate
from shared.core.run.run import RunStatus, StepSpec
from shared.steps.code.code_generate import CODE_GENERATE
from shared.steps.code.code_questions import CODE_REPAIR
from tests.contract.models.test_agents_over_the_wire import Always
from tests.support.ports.local_ports import Ports, local_ports
from tests.support.servers.models.model_vendors import VENDORS, Rig, good, rig
from tests.unit.code.code_run import CodeRun, outline, planned, repaired, source_of, written

WRONG, RIGHT = "def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n"
PLAN = outline(planned("adds.py"), planned("tests/test_adds.py", "adds.py"))
FILES = {"adds.py": WRONG, "tests/test_adds.py": "import unittest\n"}
FIX = repaired({}, ("adds.py", "return a - b", "return a + b"))
SAID = "AssertionError: -1 != 5, in adds.py"


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path / "data") as found:
        yield found


@pytest.fixture(params=VENDORS)
def there(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with requests.Session() as session, rig(request.param, session) as found:
        yield found


def told(there: Rig) -> list[str]:
    return [json.dumps(asked.body, ensure_ascii=False) for asked in there.endpoint.requests]


def test_a_project_is_written_and_mended_within_its_reservation(there: Rig, ports: Ports) -> None:
    wrong: Mapping[str, Any] = {**PLAN, "runner": "ruby"}
    answers = [wrong, PLAN, written(FILES, tests=1), FIX]
    there.endpoint.script([good(there.name, json.dumps(each, ensure_ascii=False)) for each in answers])
    model = Always(there.provider, there.model)
    most, once = step_estimate(CODE_GENERATE, model), step_estimate(CODE_REPAIR, model)
    assert most.tokens == 3 * once.tokens
    said = ports.store.put_text("t-1", SAID)
    mend = StepSpec("mend", "code.repair", "", {"of": "write", "feedback": said}, ("write",), estimate=once)
    made = CodeRun(ports, model)
    run = made.start("python_service", mend, most=most)
    assert run.status == RunStatus.SUCCEEDED, run.failure
    mended = run.step("mend")
    assert mended is not None
    assert made.tree(mended.output) == {**FILES, "adds.py": RIGHT}
    assert made.output["model"] == there.model
    assert run.spent.tokens == len(answers) * 9762
    assert run.reserved.tokens == 0
    sent = told(there)
    assert "That answer cannot be used" in sent[1], "what was wrong is told in the same conversation"
    assert "That answer cannot be used" not in sent[2]
    assert "-1 != 5" in sent[-1]


def test_a_tenants_small_model_is_asked_for_no_more_than_its_window_holds(ports: Ports) -> None:
    with requests.Session() as session, rig("compatible", session) as there:
        answers = [PLAN, written(FILES, tests=1)]
        there.endpoint.script([good("compatible", json.dumps(each)) for each in answers])
        model = Always(there.provider, there.model)
        run = CodeRun(ports, model).start(most=step_estimate(CODE_GENERATE, model))
        assert run.status == RunStatus.SUCCEEDED, run.failure
        asked = [request.body["max_tokens"] for request in there.endpoint.requests]
        assert asked == [8_000, 8_000], "a quarter of 32,000"
        assert source_of(there.endpoint.requests[1].body["messages"][-1]["content"], "files to write now")
