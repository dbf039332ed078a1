"""A probe run against a simulator in this process, with what is asked and answered in hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.wrappers import Response

from shared.cli.probe.calls import Answer, Ask, Call, Expect, Kept, Probe, fill
from shared.cli.probe.plain_calls import NOBODYS, Asker, path_of
from shared.cli.probe.run import Outcome, Run, compare_answer, new_mark, whole_run
from shared.cli.probe.shapes import Difference, InOrder, Rows
from shared.local.simulators._server import Simulator, serve
from shared.ports import Secret
from tests.support.descriptions import github_description, gitlab_description, notion_description, vercel_description

Alter = Callable[[Ask, Answer], Answer]


@dataclass
class Listening(Asker):
    """Asks as a probe does, without waiting; remembers every exchange and may alter an answer on its way back."""

    alter: Alter | None = None
    exchanges: list[tuple[Ask, Answer]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.sleep = self.slept.append
        self.now = lambda: time.monotonic() + sum(self.slept)  # the clock goes on while nobody really sleeps

    def ask(self, asked: Ask, kept: Kept) -> Answer:
        answer = super().ask(asked, kept)
        self.exchanges.append((asked, answer))
        return self.alter(asked, answer) if self.alter else answer


@dataclass
class Bench:
    """A probe, its simulator, and a place in it."""

    probe: Probe
    url: str
    token: Secret
    place: Kept

    def asker(self, alter: Alter | None = None, url: str = "") -> Listening:
        probe = self.probe
        return Listening(
            probe.system,
            (url or self.url) + probe.below,
            probe.credential(self.token),
            probe.credential(Secret(NOBODYS)),
            probe.headers,
            probe.query,
            alter=alter,
        )

    def run(self, alter: Alter | None = None, url: str = "") -> Run:
        return Run(self.probe, self.asker(alter, url), self.place, new_mark())

    def outcomes(self, alter: Alter | None = None, url: str = "") -> list[Outcome]:
        outcomes, stuck, ended = whole_run(self.run(alter, url), lambda outcome: None)
        assert (stuck, ended) == ([], "")
        return outcomes


def found_in(outcomes: list[Outcome]) -> dict[str, list[tuple[str, str, str, str]]]:
    """Return what differs, by call."""
    return {
        each.call.name: [(one.where, one.kind, one.expected, one.found) for one in each.differences]
        for each in outcomes
        if each.differences
    }


@contextmanager
def served(simulator: Simulator) -> Iterator[str]:
    """Serve a simulator for a while; yield where."""
    server = serve(simulator)
    try:
        yield simulator.base_url
    finally:
        server.shutdown()
        server.server_close()


class Proxy(Simulator):
    """Stands between a probe and a simulator, as a small proxy does, and alters the answer to one request."""

    name = "proxy"

    def __init__(self, behind: Simulator, alter: Callable[[str, str, Any], Any]) -> None:
        super().__init__()
        self._behind = behind
        self._alter = alter

    def __call__(self, environ: Any, start_response: Any) -> Any:
        answer = Response.from_app(self._behind, environ, buffered=True)
        altered = self._alter(environ["REQUEST_METHOD"], environ["PATH_INFO"], answer) or answer
        return altered(environ, start_response)


def changed(answer: Answer, body: Any) -> Answer:
    """Return an answer with another body."""
    return replace(answer, body=body)


class Remembering(Run):
    """A run that remembers what each call expected, with everything filled in, and what it got."""

    def __init__(self, *made: Any) -> None:
        super().__init__(*made)
        self.compared: dict[str, tuple[Call, Expect, Answer]] = {}  # by name: of what is asked again the last one

    def _differences(self, call: Call, expected: Expect, answer: Answer) -> list[Difference]:
        self.compared[call.name] = (call, expected, answer)
        return super()._differences(call, expected, answer)


def remembered(bench: Bench) -> tuple[list[Outcome], Remembering]:
    """Run a probe and return what became of its calls, and the run with all that was compared."""
    run = Remembering(bench.probe, bench.asker(), bench.place, new_mark())
    outcomes, stuck, ended = whole_run(run, lambda outcome: None)
    assert (stuck, ended) == ([], "")
    return outcomes, run


def unnoticed(run: Remembering) -> tuple[int, list[str]]:
    """Alter each answer in each thing that is expected of it, one at a time; return how often, and what went unseen."""
    tried, missed = 0, []
    for call, expected, answer in run.compared.values():
        assert compare_answer(expected, answer, run.words, "") == []
        for what, altered in alterations(expected, answer):
            tried += 1
            if not compare_answer(expected, altered, run.words, ""):
                missed.append(f"{call.name}: {what}")
    return tried, missed


JUDGES = {
    "notion": notion_description.violations,
    "github": github_description.violations,
    "gitlab": gitlab_description.violations,
    "vercel": vercel_description.violations,
}
LATER = {  # than the published description that is judged by; the fact sheet has them
    "a heading of the fourth level",
    "the options of a status",
    "rows with one of several options",
}


def not_allowed(bench: Bench, run: Remembering) -> list[str]:
    """Return what of the requests that are meant to succeed the vendor's own description does not allow."""
    found = []
    for call, _, answer in run.compared.values():
        if answer.status >= 400 or call.name in LATER:
            continue
        query = fill({**bench.probe.query, **call.ask.query}, run.kept)
        body = call.ask.raw if call.ask.raw is not None else fill(call.ask.body, run.kept)
        path, given = path_of(call.ask, run.kept), {name: value for name, value in query.items() if value != ""}
        found += [f"{call.name}: {each}" for each in JUDGES[bench.probe.system](call.ask.method, path, given, body)]
    return found


def alterations(expected: Expect, answer: Answer) -> Iterator[tuple[str, Answer]]:
    """Yield an answer with one thing another: its status, a header, a field, the order of what is listed."""
    yield "status", replace(answer, status=299 if answer.status < 300 else 418)
    for name in expected.headers:
        yield f"header {name}", replace(answer, headers={n: v for n, v in answer.headers.items() if n != name})
    for what, body in altered_bodies(expected.body, answer.body):
        yield what, replace(answer, body=body)
    for path, shape in expected.holds.items():
        if isinstance(shape, InOrder) and "[]" in path and len(set(shape.values)) > 1:
            yield f"order of {path}", replace(answer, body=_reversed(answer.body, path.partition("[]")[0]))


def altered_bodies(shape: Any, body: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield a body that lacks a field that must be there, and one with a field of another kind, for all below."""
    if isinstance(shape, list) and isinstance(body, list) and body:
        for what, inner in altered_bodies(shape[0], body[-1], f"{where}[]"):
            yield what, [*body[:-1], inner]
    if isinstance(shape, Rows) and isinstance(body, list):
        yield f"{where} is shorter", body[1:] if body else ["one"]
        yield from altered_bodies([shape.each], body, where)
    if not isinstance(shape, dict) or not isinstance(body, dict):
        return
    for name, inner in shape.items():
        field_name = name.rstrip("?")
        if name == "*" or field_name not in body:
            continue
        if not name.endswith("?"):
            yield f"{where}.{field_name} is missing", {key: each for key, each in body.items() if key != field_name}
        if inner != "any":
            other = 4711.5 if isinstance(body[field_name], dict | list | str | bool | None) else "another kind"
            yield f"{where}.{field_name} is another", {**body, field_name: other}
        for what, below in altered_bodies(inner, body[field_name], f"{where}.{field_name}"):
            yield what, {**body, field_name: below}


def _reversed(body: Any, path: str) -> Any:
    """Return a body whose list at a path runs backwards."""
    if not path:
        return body[::-1]
    first, _, rest = path.partition(".")
    return {**body, first: _reversed(body[first], rest)}


def notion_bench(simulator: Simulator, url: str) -> Bench:
    """Return a workspace with an internal integration, which is shared one page."""
    import requests

    from shared.cli.probe.probes import PROBES

    requests.post(f"{url}/_config", json={"rate_limit": 0}, timeout=10).raise_for_status()
    seeded = requests.post(f"{url}/_seed", json={"internal": True}, timeout=10).json()
    probe = PROBES["notion"]
    return Bench(probe, url, Secret(seeded["token"]), probe.read_place(seeded["home_page_id"]).kept)


def github_bench(url: str, place: str) -> Bench:
    """Return somebody with a repository and an organisation."""
    import requests

    from shared.cli.probe.probes import PROBES

    probe, token = PROBES["github"], "-".join(("probe", "token"))
    requests.post(f"{url}/_seed", json={"token": token, "login": "ada", "org": "acme"}, timeout=10).raise_for_status()
    headers = {**probe.headers, **probe.credential(Secret(token))}
    requests.post(f"{url}/user/repos", json={"name": "mine", "auto_init": True}, headers=headers, timeout=10)
    return Bench(probe, url, Secret(token), probe.read_place(place).kept)
