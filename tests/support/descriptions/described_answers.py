"""Whether an answer of the simulator has the shape that Notion's published description gives it."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.support.descriptions.notion_description import find_description
from tests.support.simulators.seeded_notion import VERSION, Notion

Json = dict[str, Any]

# What answers carry since the description was published (notion-api, sections 2, 3, 6 and 7): path's last part -> why.
LATER = {"request_id", "request_status", "additional_data"}
LATER_KINDS = {"heading_4", "tab"}  # block types younger than the description


def make_readable(schema: Any, inside_all: bool = False) -> Any:
    """Make a checkable schema of the published one.

    It closes the parts of an `allOf` against each other, which nothing can satisfy, and offers the partial form of
    an object beside the full one: the parts are opened, and only the full form counts.
    """
    if isinstance(schema, list):
        return [make_readable(item, inside_all) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made: Json = {}
    for key, part in schema.items():
        if key in ("oneOf", "anyOf"):
            full = [each for each in part if not re.search(r"/[pP]artial\w+ObjectResponse$", each.get("$ref", ""))]
            made["anyOf"] = make_readable(full or part, inside_all)
        elif key == "allOf":
            made[key] = make_readable(part, True)
        elif key == "additionalProperties" and part is False and (inside_all or "allOf" in schema):
            continue
        else:
            made[key] = make_readable(part, inside_all if key not in ("properties", "items") else False)
    return made


@cache
def load_description() -> Json:
    path = find_description()
    assert path is not None
    readable: Json = make_readable(json.loads(path.read_text(encoding="utf-8")))
    schemas = readable["components"]["schemas"]
    for schema in list(schemas.values()):
        for part in schema.get("allOf", ()):
            open_shapes(schemas, part)
    return readable


def open_shapes(schemas: Json, schema: Json) -> None:
    """Open a part of an `allOf`, and what it may stand for."""
    schema.pop("additionalProperties", None)
    named = schemas.get(schema.get("$ref", "").rsplit("/", 1)[-1])
    ways = [*schema.get("anyOf", ()), *schema.get("allOf", ()), *([named] if named else [])]
    for way in ways:
        open_shapes(schemas, way)


def find_problem(method: str, path: str, status: int, body: Json) -> str | None:
    """Return what is wrong with an answer, or None; also None where the description knows no such answer."""
    for template, ways in load_description()["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        answers = ways.get(method.lower(), {}).get("responses", {})
        if re.fullmatch(pattern, path) and str(status) in answers and not is_shadowed(template, path):
            pointer = point_at(template, method, status)
            registry = Registry().with_resource("urn:notion", DRAFT202012.create_resource(load_description()))
            validator = Draft202012Validator({"$ref": f"urn:notion#{pointer}"}, registry=registry)
            error = best_match(validator.iter_errors(is_known(body)))
            return None if error is None else f"{method} {template} {status}: {find_deepest(error)}"
    return None


def is_shadowed(template: str, path: str) -> bool:
    return "{" in template and path in load_description()["paths"]


def point_at(template: str, method: str, status: int) -> str:
    way = template.replace("~", "~0").replace("/", "~1")
    return f"/paths/{way}/{method.lower()}/responses/{status}/content/application~1json/schema"


def is_known(value: Any) -> Any:
    """Leave out what is younger than the description, and that a relation was cut: the types do not know it."""
    if isinstance(value, list):
        return [is_known(item) for item in value if not (isinstance(item, dict) and item.get("type") in LATER_KINDS)]
    if not isinstance(value, dict):
        return value
    cut = {"has_more"} if value.get("type") == "relation" else set()
    return {key: is_known(part) for key, part in value.items() if key not in LATER | cut}


def find_deepest(error: ValidationError) -> str:
    inner = max(error.context or (), key=lambda each: len(each.absolute_path), default=None)
    return f"{error.json_path}: {error.message[:300]}" + (
        f" / {inner.json_path}: {inner.message[:200]}" if inner else ""
    )


class Script:
    """Calls that keep what is wrong with their answers."""

    def __init__(self, notion: Notion) -> None:
        self.notion = notion
        self.problems: list[str] = []
        self.answers: set[tuple[str, int]] = set()

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200) -> Json:
        answer = self.notion.call(method, path, body)
        assert answer.status_code == status, answer.text
        return self.judged(method, path, answer)

    def judged(self, method: str, path: str, answer: requests.Response) -> Json:
        parsed: Json = answer.json()
        problem = find_problem(method, urlsplit(path).path, answer.status_code, parsed)
        self.problems += [problem] if problem else []
        self.answers.add((f"{method} {re.sub(r'[0-9a-f-]{36}', '{id}', urlsplit(path).path)}", answer.status_code))
        return parsed

    def sent(self, upload: Json, content: bytes) -> Json:
        headers = {"Authorization": f"Bearer {self.notion.seeded['token']}", "Notion-Version": VERSION}
        files = {"file": ("a.png", content, "image/png")}
        answer = requests.post(upload["upload_url"], files=files, headers=headers, timeout=10)
        return self.judged("POST", urlsplit(upload["upload_url"]).path, answer)
