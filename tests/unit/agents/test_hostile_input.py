"""Whatever an agent is given, its rules answer with what it may answer, or refuse in words; and they come to an end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.backends.offline.model import OfflineModel
from shared.core.models.model_errors import Refused
from shared.mind.agents.ask_agent import agent_request, answer_model, checked_input
from shared.mind.agents.registry import agent, agents

WORDS = st.sampled_from(
    [
        "", " ", "\t", "\n", "\r", "\x0c", "\x00", "\u2028", "a", "ſ", "ß", "\U0001f6b2", "?", "!", ". ", ";", "#",
        '"', "'", "(", "[", "{", "-", " then ", "def f():\n    ", "import os\n", "x = 1\n", "rename x to class",
        "rename x to y", "unused imports", "<img", "<img src=a>", "<html>", "<head>", "<header>", "alt text",
        "alt ", "2026-13-45", "by Monday", "Ada will ", "Ada: call", "99999 days", "9" * 30, "must", "delete",
        "fix", "iso", "UPPER", "decided", "done", "blocked", "failed", "refund", "execute(", "yaml.load(",
        ".py", "tests/", "app.py", "index.html", "en",
    ]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=8).map("".join)


def values(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return what fits a schema."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "string":
            most = schema.get("maxLength", 100)
            return st.tuples(TEXTS, st.sampled_from([1, 1, 1, 40])).map(lambda each: (each[0] * each[1])[:most])
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "boolean":
            return st.booleans()
        case "array":
            least, most = schema.get("minItems", 0), min(2, schema["maxItems"])
            return st.lists(values(schema["items"], defs), min_size=least, max_size=most)
        case _:
            return st.fixed_dictionaries({name: values(each, defs) for name, each in schema["properties"].items()})


def answer(name: str, data: Mapping[str, Any]) -> None:
    """Let the rules answer, and hold the answer against what the agent may answer."""
    one = agent(name)
    try:
        given = checked_input(one, data)
        result = OfflineModel().complete(agent_request(one, given))
    except Refused:
        return
    assert isinstance(result.answer, dict)
    answer_model(one, given).model_validate(result.answer)


@pytest.mark.parametrize("name", list(agents()))
def test_rules_answer_anything(name: str) -> None:
    schema = agent(name).input.model_json_schema()

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(schema, schema.get("$defs", {})))
    def hold(data: dict[str, Any]) -> None:
        answer(name, data)

    hold()


LONG = {
    "spaces": "a" + " " * 200_000 + "b",
    "one word": "a" * 200_000,
    "words": "ab cd. " * 30_000,
    "tags": "<img alt " * 25_000,
    "calls": "execute(yaml.load(" * 12_000,
    "brackets": "(" * 200_000,
    "signs": "-" * 200_000 + "1",
    "names": "x = [" + "x," * 90_000 + "]",
    "quotes": "x = \"'" * 40_000,
    "figures": "9" * 200_000,
    "names of people": "Ada " * 50_000,
}
TASKS = {
    "front-end-engineer": "add alt text",
    "python-engineer": "rename x to y, and no unused imports",
}


def longest(schema: Mapping[str, Any], defs: Mapping[str, Any], text: str, name: str) -> Any:
    """Return a value with texts as long as they may be."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    match schema["type"]:
        case "string":
            return "app.py" if name == "path" else text[: schema["maxLength"]]
        case "integer":
            return schema["maximum"]
        case "boolean":
            return True
        case "array":
            return [longest(schema["items"], defs, text, name)] * max(1, schema.get("minItems", 0))
        case _:
            return {field: longest(each, defs, text, field) for field, each in schema["properties"].items()}


@pytest.mark.parametrize("kind", list(LONG))
def test_long_texts_come_to_an_end(kind: str) -> None:
    """What takes more than linear time on any of these takes minutes."""
    for name, one in agents().items():
        schema = one.input.model_json_schema()
        data = longest(schema, schema.get("$defs", {}), LONG[kind], "")
        if name in TASKS:
            data["task"] = TASKS[name]
        if name == "front-end-engineer":
            data["files"][0]["path"] = "index.html"
        answer(name, data)


FULL = {
    "tasks": "Ada will mend it by Monday. ",
    "decisions and open questions": "We decided something, and it failed. What must be decided? ",
    "days": "7 " + "9" * 300 + " days, 99999 days. ",
    "letters": "ſ" * 500,
    "capitals": "upper ß trim" + "ß" * 990,
    "lines": "fix a thing, then test, then delete it\n",
}


def fullest(schema: Mapping[str, Any], defs: Mapping[str, Any], text: str, number: int = 0) -> Any:
    """Return a value with lists and most texts as long as they may be, each text another one."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    match schema["type"]:
        case "string":
            whole = "".join(f"{text.rstrip()} {number}-{n}\n" for n in range(120))
            return (whole if "maxLength" in schema and schema["maxLength"] >= 8000 else f"{number} {text}")[
                : schema["maxLength"]
            ]
        case "integer":
            return schema["maximum"]
        case "boolean":
            return True
        case "array":
            many = min(schema["maxItems"], 120)
            return [fullest(schema["items"], defs, text, number * 120 + n) for n in range(many)]
        case _:
            return {name: fullest(each, defs, text, number) for name, each in schema["properties"].items()}


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(FULL))
def test_what_is_quoted_from_much_fits_an_answer(kind: str) -> None:
    for name, one in agents().items():
        schema = one.input.model_json_schema()
        answer(name, fullest(schema, schema.get("$defs", {}), FULL[kind]))


def test_what_is_renamed_stays_the_same_program() -> None:
    code = "import os\n\x0c\nx = 'x'  # x\r\nprint(f(x=x), os)\n"
    one = agent("python-engineer")
    data = {"task": "rename x to y", "files": [{"path": "app.py", "content": code}]}
    result = OfflineModel().complete(agent_request(one, checked_input(one, data)))
    assert isinstance(result.answer, dict)
    assert result.answer["files"][0]["content"] == "import os\n\x0c\ny = 'x'  # x\r\nprint(f(y=y), os)\n"


def test_the_name_of_a_file_is_no_code_of_a_test() -> None:
    data = {"task": "", "files": [{"path": 'a"); print("b.py', "content": "x = 1"}]}
    one = agent("test-writer")
    with pytest.raises(Refused):
        OfflineModel().complete(agent_request(one, checked_input(one, data)))
