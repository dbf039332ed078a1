"""A model endpoint that speaks Chat Completions and programs by a script: it plans, outlines, writes, repairs, reviews.

Each job belongs to the page of one title, by which a prompt is known. Prompts are the real ones, read by somebody who
knows only their form, and each is held to what the service takes (`openai_wire`). What no job answers is answered with
as little as its schema allows: nothing was found, nothing is objected to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.measures.prompts import parts_of
from tests.support.servers.models.model_endpoint import Answer
from tests.support.servers.models.openai_server import OpenAIServer, chat

Json = dict[str, Any]
Edit = tuple[str, str, str]  # path, what is there, what takes its place
MODEL = "llama-local"
SHIPS = ("code.generate", "code.test", "repository.propose_change", "repository.watch_checks")
MERGE = "repository.merge_change"
DEPLOYS = ("site.deploy", "site.verify", "site.promote", "site.watch")
_AFTER: Mapping[str, tuple[str, ...]] = {
    "code.generate": (),
    "code.test": ("code.generate",),
    "repository.propose_change": ("code.test",),
    "repository.watch_checks": ("repository.propose_change",),
    MERGE: ("repository.watch_checks",),
    "site.deploy": ("code.test",),
    "site.verify": ("site.deploy",),
    "site.promote": ("site.verify",),
    "site.watch": ("site.promote",),
}
_FORM = "It follows this JSON schema:"
_LINE = re.compile(r"\[(block:\d+)\] \w+: (.+)")


LOOKED = ("tests", "former", "answer", "since")  # of what a reviewer is told


@dataclass
class Job:
    """What is made of the page of that title. A repair may be a function of what was wrong; the last one stays."""

    title: str
    artifact: str
    files: Mapping[str, str] = field(default_factory=dict)  # new ones, those that others depend on first
    edits: Sequence[Edit] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)  # old path → new one
    deleted: Sequence[str] = ()
    shows: Sequence[tuple[str, str]] = ()  # of the site: path and text
    runner: str = "python"
    site_root: str = ""
    tests: int = 1  # how many its new test files have
    words: str = ""  # of the proposal's title and the plan's summary; its own title where empty
    deploys: bool = True  # what it shows
    merges: bool = False
    repairs: list[Json | Callable[[str], Json]] = field(default_factory=list)
    findings: list[list[Json]] = field(default_factory=list)  # of the security reviewer, look by look; then none
    asked: list[str] = field(default_factory=list)  # what it was asked for, in order
    wrong: list[str] = field(default_factory=list)  # what its repairs were told
    looked: list[dict[str, str]] = field(default_factory=list)  # what its reviewer was told, look by look

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of steps of its plan."""
        return (*SHIPS, *(DEPLOYS if self.shows and self.deploys else ()), *((MERGE,) if self.merges else ()))


def repair(*edits: Edit, deleted: Sequence[str] = (), tests: int = 0, **files: str) -> Json:
    """Return a repair; `tests`: how many all of the work has then, 0 for as many as before."""
    told = _written(files, edits, tests)
    return {**told, "why": "It was wrong.", "deleted": list(deleted)}


def rewritten(files: Mapping[str, str], deleted: Sequence[str] = (), tests: int = 0) -> Json:
    """Return a repair that gives these files whole."""
    return {**_written(files, (), tests), "why": "It was wrong.", "deleted": list(deleted)}


class Programmer(OpenAIServer):
    """Answers by the job that a prompt is about; `prompts` are all it was ever told."""

    def __init__(self) -> None:
        super().__init__("local")
        self.jobs: dict[str, Job] = {}
        self.away = False  # then it has no room for anybody

    def take(self, job: Job) -> Job:
        """Take a job."""
        self.jobs[job.title] = job
        return job

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what makes it the model of a house."""
        return {
            "WORKWRIGHT_MODEL": "compatible",
            "WORKWRIGHT_COMPATIBLE_URL": f"{self.url}/v1",
            "WORKWRIGHT_COMPATIBLE_MODEL": MODEL,
        }

    @property
    def prompts(self) -> list[str]:
        """Return all that was told, request by request."""
        return [json.dumps(each.body, ensure_ascii=False) for each in self.requests]

    def _next(self, request: Mapping[str, Any]) -> Answer:
        if self.away:
            return self.error(503, "The server is overloaded. Come back later.")
        prompt = "\n".join(_text(message["content"]) for message in request["messages"])
        form = (request.get("response_format") or {}).get("json_schema", {}).get("schema") or _told_form(prompt)
        with self._lock:
            said = self._said(form, prompt)
        return chat({"content": json.dumps(said, ensure_ascii=False)})

    def _said(self, form: Json, prompt: str) -> Any:
        fields = set(form.get("properties", ()))
        found = [job for job in self.jobs.values() if job.title in prompt]
        if not found:
            return least(form, form.get("$defs", {}))
        job = max(found, key=lambda each: len(each.title))  # one title may stand in another
        if {"requirements", "steps"} <= fields:
            return _noted(job, "plan", _plan(job, prompt))
        if {"site_root", "runner"} <= fields:
            return _noted(job, "outline", _outline(job, prompt))
        if fields == {"files", "edits", "expected_tests", "note"}:
            return _noted(job, "write", _files(job, prompt))
        if {"why", "edits", "deleted"} <= fields:
            return _noted(job, "repair", _repair(job, prompt))
        if fields == {"verdict", "findings"} and job.findings:
            job.looked.append({source: _source(prompt, f"security-reviewer: {source}") for source in LOOKED})
            return _noted(job, "review", {"verdict": "mend", "findings": job.findings.pop(0)})
        return least(form, form.get("$defs", {}))


def _told_form(prompt: str) -> Json:
    """Return the schema that is told in words; {} where none is."""
    _, told, rest = prompt.partition(_FORM)
    form: Json = json.JSONDecoder().raw_decode(rest.lstrip())[0] if told else {}
    return form


def least(form: Json, defs: Json) -> Any:
    """Return the smallest answer that a schema allows."""
    if "$ref" in form:
        return least(defs[str(form["$ref"]).rpartition("/")[2]], defs)
    if "enum" in form:
        return form["enum"][0]
    if "anyOf" in form:
        return least(form["anyOf"][-1], defs)
    kind = form.get("type")
    if kind == "object":
        return {name: least(each, defs) for name, each in form.get("properties", {}).items()}
    return {"array": [], "string": "", "boolean": False, "integer": 0, "number": 0}.get(str(kind))


def _noted(job: Job, what: str, said: Json) -> Json:
    job.asked.append(what)
    return said


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "\n".join(each["text"] for each in content)


def _source(prompt: str, source: str) -> str:
    return next((text for _, named, text in parts_of(prompt) if named == source), "")


def _requirements(prompt: str) -> list[Json]:
    page = next(text for part, _, text in parts_of(prompt) if part == "page")
    lines = _LINE.findall(page)
    return [{"id": f"R{n}", "text": text, "block": block, "source": ""} for n, (block, text) in enumerate(lines, 1)]


def _plan(job: Job, prompt: str) -> Json:
    name = re.sub(r"[^a-z0-9]+", "-", job.title.lower()).strip("-")[:30]
    given: dict[str, Json] = {
        "code.generate": {"artifact": job.artifact},
        "repository.propose_change": {"title": job.words or job.title, "branch": f"workwright/{name}"},
        "site.deploy": {"project": name},
    }
    steps = [
        {
            "id": kind.replace(".", "_"),
            "kind": kind,
            "title": f"{kind.partition('.')[2]}".replace("_", " ").capitalize(),
            "why": "",
            "input": given.get(kind, {}),
            "depends_on": [each.replace(".", "_") for each in _AFTER[kind]],
        }
        for kind in job.kinds
    ]
    return {
        "analysis": {"asked": job.title, "missing": [], "risk": "low"},
        "questions": [],
        "assumptions": [],
        "alternatives": [],
        "followed": [],
        "summary": job.words or job.title,
        "artifact": job.artifact,
        "name": name,
        "requirements": _requirements(prompt),
        "steps": steps,
    }


def _outline(job: Job, prompt: str) -> Json:
    """Return the plan of files; every requirement is tested, and shown by one of the texts."""
    wanted = [str(each["id"]) for each in json.loads(_source(prompt, "the approved plan"))["requirements"]]
    shows = [job.shows[number % len(job.shows)] for number in range(len(wanted))] if job.shows else []
    changed = {path for path, _, _ in job.edits} - set(job.renamed.values())
    files = [_file(path, "create") for path in job.files] + [_file(path, "edit") for path in sorted(changed)]
    files += [_file(new, "rename", old) for old, new in job.renamed.items()]
    files += [_file(path, "delete") for path in job.deleted]
    test = next((path for path in job.files if "test" in path), "tests")
    return {
        "files": files,
        "tests": [{"requirement": each, "test": test} for each in wanted],
        "checks": [
            {"requirement": each, "path": path, "contains": text}
            for each, (path, text) in zip(wanted, shows, strict=False)
        ],
        "runner": job.runner,
        "expected_tests": job.tests,
        "site_root": job.site_root,
    }


def _file(path: str, action: str, source: str = "") -> Json:
    told = {"path": path, "action": action, "source": source, "purpose": "part of it", "interfaces": ""}
    return {**told, "depends_on": [], "lines": 0 if action in ("rename", "delete") else 10}


def _files(job: Job, prompt: str) -> Json:
    """Return the files that are asked for now, and those alone."""
    now = {each["path"] for each in json.loads(_source(prompt, "files to write now"))}
    files = {path: text for path, text in job.files.items() if path in now}
    edits = [edit for edit in job.edits if edit[0] in now]
    return _written(files, edits, job.tests if any("test" in path for path in files) else 0)


def _repair(job: Job, prompt: str) -> Json:
    job.wrong.append(_source(prompt, "what is wrong with the work"))
    if not job.repairs:
        return repair()
    line = job.repairs.pop(0) if len(job.repairs) > 1 else job.repairs[0]
    return line(job.wrong[-1]) if callable(line) else line


def _written(files: Mapping[str, str], edits: Sequence[Edit], tests: int) -> Json:
    whole = [{"path": path, "content": text, "complete": True} for path, text in files.items()]
    changed = [{"path": path, "find": find, "replace": new} for path, find, new in edits]
    return {"files": whole, "edits": changed, "expected_tests": tests}
