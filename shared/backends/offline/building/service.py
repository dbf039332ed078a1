"""A page as a small service: what it answers to, what it keeps, its program, its tests and its documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from shared.backends.offline.building.readme import plain
from shared.backends.offline.building.site_checks import write_json
from shared.backends.offline.endpoints import Endpoint, read_endpoints
from shared.backends.offline.fields import read_fields
from shared.backends.offline.invocations import Invocation, read_invocations
from shared.backends.offline.naming import Unique, slug
from shared.backends.offline.page_blocks import Requirement, site_title
from shared.core.page import Page
from shared.programs import read_program

SUITE_PATH = "tests/test_service.py"

_RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Service:
    """What the page asks the program to do. `api` is the whole of it as data, and is all the program is told."""

    api: Mapping[str, Any]
    blocks: tuple[tuple[str, str], ...]  # block id, the test method that covers what it names
    endpoint_tests: tuple[str, ...]
    command_tests: tuple[str, ...]


def read_service(page: Page, *, tool: bool = False) -> Service:
    """Return the service of the page: its endpoints and commands, or plain ones for records where it names none.

    A `tool` that names none has commands, any other service addresses.
    """
    endpoints = read_endpoints(page)
    invocations = [item for item in read_invocations(page) if item.verb != "serve"]
    if not endpoints and not invocations:
        endpoints, invocations = ((), _plain_commands()) if tool else (_plain_endpoints(), [])
    kept = list(dict.fromkeys(_find_collection(endpoint, endpoints) for endpoint in endpoints)) or [_RECORDS]
    fields = {name: [asdict(field) for field in found] for name, found in read_fields(page, kept).items()}
    names = {name: {str(field["name"]) for field in found} for name, found in fields.items()}
    unique = Unique(joint="_")
    endpoint_tests = tuple(unique.name(_method(f"{item.method} {item.path}")) for item in endpoints)
    command_tests = tuple(unique.name(_method(item.verb)) for item in invocations)
    commands = [
        {"verb": item.verb, "action": item.action, "collection": kept[0], "arguments": list(item.arguments)}
        for item in invocations
    ]
    api = {
        "title": site_title(page),
        "endpoints": [_endpoint_data(item, _find_collection(item, endpoints), names) for item in endpoints],
        "collections": fields,
        "commands": commands,
    }
    blocks = [(item.block, f"EndpointTests::{name}") for item, name in zip(endpoints, endpoint_tests, strict=True)]
    blocks += [(item.block, f"CommandTests::{name}") for item, name in zip(invocations, command_tests, strict=True)]
    return Service(api, tuple(blocks), endpoint_tests, command_tests)


def _plain_endpoints() -> tuple[Endpoint, ...]:
    whole, single = f"/{_RECORDS}", f"/{_RECORDS}/{{id}}"
    return tuple(Endpoint(method, path, "", "") for method, path in (
        ("GET", whole), ("POST", whole), ("GET", single), ("PUT", single), ("DELETE", single),
    ))  # fmt: skip


def _plain_commands() -> list[Invocation]:
    return [
        Invocation("add", "add", ("text",), ""),
        *(
            Invocation(verb, action, (), "")
            for verb, action in (("list", "list"), ("show", "get"), ("delete", "delete"))
        ),
    ]


def _find_collection(endpoint: Endpoint, endpoints: Sequence[Endpoint]) -> str:
    """Return the collection an endpoint works on: `/books/search`, where nothing is ever stored, looks at books."""
    written = {other.collection for other in endpoints if other.method != "GET"}
    above = endpoint.segments[-2:-1]
    if endpoint.collection in written or endpoint.is_of_item or not above or above[0] not in written:
        return endpoint.collection
    return above[0]


def _endpoint_data(endpoint: Endpoint, collection: str, names: Mapping[str, set[str]]) -> dict[str, Any]:
    """Return what the program needs to know of an endpoint.

    A parameter stands for a record's field of that name where there is one, else for its id.
    """
    parents, above = [], ""
    inner = endpoint.segments[:-1] if endpoint.is_of_item else endpoint.segments
    for part in inner:
        if part.startswith("{"):
            owner = above or _RECORDS
            name = part.strip("{}")
            tie = (
                f"{re.sub('s$', '', owner)}_{name}"
                if name in names.get(endpoint.collection, ()) or name == "id"
                else name
            )
            parents.append({
                "parameter": part, "of": owner, "field": tie, "kept": owner in names,
                "key": name if name in names.get(owner, ()) else "id",
            })  # fmt: skip
        else:
            above = part
    last = endpoint.segments[-1] if endpoint.is_of_item else ""
    key = last.strip("{}") if last.strip("{}") in names.get(collection, ()) else "id"
    return {
        "method": endpoint.method, "path": endpoint.path, "collection": collection, "about": endpoint.about,
        "item": endpoint.is_of_item, "parameter": last, "key": key, "parents": parents,
    }  # fmt: skip


def _method(text: str) -> str:
    return "test_" + (slug(text, limit=60).replace("-", "_") or "it")


def service_files(service: Service) -> dict[str, str]:
    """Return the program, what it is told, and its tests."""
    suite = read_program("built", "service_tests.py")
    for heading, tests in (("    # ENDPOINTS\n", service.endpoint_tests), ("    # COMMANDS\n", service.command_tests)):
        cases = "\n\n".join(f"    def {name}(self):\n        self.check({at})" for at, name in enumerate(tests))
        suite = suite.replace(heading, cases + "\n" if cases else "")
    return {"app.py": read_program("built", "service.py"), "api.json": write_json(service.api), SUITE_PATH: suite}


def service_tests(service: Service, requirements: Sequence[Requirement]) -> tuple[list[dict[str, str]], int]:
    """Return the tests of the requirements that name an endpoint or a command, and how many tests there are in all."""
    tests = [
        {"requirement": item.id, "test": f"{SUITE_PATH}::{test}"}
        for item in requirements
        for block, test in service.blocks
        if block == item.block
    ]
    count = len(service.endpoint_tests) + len(service.command_tests)
    count += read_program("built", "service_tests.py").count("    def test_")
    return tests, count


def endpoints_html(service: Service) -> str:
    """Return the documentation's own section: every endpoint, field and command."""
    parts = ['<section id="endpoints" lang="en" dir="ltr">\n<h2>Endpoints and commands</h2>\n']
    endpoints = [
        (f'<code class="method">{item["method"]}</code>', f"<code>{escape(item['path'])}</code>", escape(item["about"]))
        for item in service.api["endpoints"]
    ]
    commands = [
        (f"<code>python3 app.py {escape(' '.join([item['verb'], *item['arguments']]))}</code>", item["action"])
        for item in service.api["commands"]
    ]
    fields = [
        (escape(name), f"<code>{escape(field['name'])}</code>", field["type"], "yes" if field["required"] else "no")
        for name, found in service.api["collections"].items()
        for field in found
    ]
    parts.append(_table(("Method", "Path", "What for"), endpoints))
    parts.append(_table(("Command", "What it does"), commands))
    parts.append(_table(("Records", "Field", "Type", "Required"), fields))
    return "".join(parts) + "</section>\n"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    top = "".join(f'<th scope="col">{head}</th>\n' for head in heads)
    body = "".join("<tr>\n" + "".join(f"<td>{cell}</td>\n" for cell in row) + "</tr>\n" for row in rows)
    table = f"<table>\n<thead>\n<tr>\n{top}</tr>\n</thead>\n<tbody>\n{body}</tbody>\n</table>"
    return f'<div class="scroll" tabindex="0">\n{table}\n</div>\n'


def service_readme(service: Service) -> str:
    """Return the README's part on how to run it, and on what it does not do."""
    lines = ["## Run\n", "```sh"]
    lines += ["python3 app.py serve --port 8000"] if service.api["endpoints"] else []
    lines += [
        f"python3 app.py {' '.join([c['verb'], *(a.upper() for a in c['arguments'])])}" for c in service.api["commands"]
    ]
    lines += ["```\n", "Records are kept in `records.json` (`--data` names another file).\n"]
    lines += [f"- `{item['method']} {item['path']}`{_describe_item(item)}" for item in service.api["endpoints"]]
    lines += [
        "",
        "It keeps records and gives them back: list (with `?field=value` or `?q=word`), create, read, change, delete. "
        "Other rules that the page states (dates that must not overlap, limits, messages to people) are listed below "
        "and in the documentation, and are not enforced. There is no sign-in: keep it on your own machine.\n",
        "A test in `tests/test_service.py` shows that the program does what is asked; one in `tests/test_site.py` only "
        "that the documentation says it.\n",
    ]
    return "\n".join(lines) + "\n"


def _describe_item(item: Mapping[str, Any]) -> str:
    return f": {plain(item['about'])}" if item["about"] else ""
