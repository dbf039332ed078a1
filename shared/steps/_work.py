"""The work of a run as steps hand it on: its files, how it is tested, and what it must show when it is deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.core.code.worktree import Worktree, from_text
from shared.core.errors import Rejected
from shared.core.run.run import Step
from shared.steps._kind import StepContext

Runner = Literal["python", "node", "none"]
WORK_FIELDS = (
    "work",
    "tree",
    "kind",
    "checks",
    "runner",
    "expected_tests",
    "site_root",
    "model",
    "count",
    "originals",
    "may_change",
    "outline",
    "unread",
)  # of a step's output: what names a piece of work


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work. `originals`: every file of the repository at the tree's base; {} for a new project.

    `kind` is static_site, python_service, node_project or change; `checks` is a list of
    {"requirement", "path", "contains"}: what the deployed site must show. `site_root` is the folder that is
    deployed, "" for none. `expected_tests` is the number of tests that the work claims to bring: in new test files, and
    in those of the tenant's that the plan says `may_change`. The others run as they are in `originals`.
    """

    tree: Worktree
    kind: str
    checks: list[dict[str, Any]] = field(default_factory=list)
    runner: Runner = "python"
    expected_tests: int = 0
    site_root: str = ""
    model: str = ""
    originals: Mapping[str, bytes] = field(default_factory=dict)
    may_change: tuple[str, ...] = ()

    @property
    def tree_id(self) -> str:
        """Return the name of the work's content."""
        return self.tree.tree_id

    @property
    def all_files(self) -> dict[str, bytes]:
        """Return all files there are with the work done: the originals with the tree laid over them."""
        return self.tree.lay_over(self.originals)

    @property
    def site(self) -> dict[str, bytes]:
        """Return the files to deploy, by their path below `site_root`."""
        prefix = f"{self.site_root}/" if self.site_root else ""
        return {path[len(prefix) :]: data for path, data in self.all_files.items() if path.startswith(prefix)}


def keep_work(
    ctx: StepContext,
    tree: Worktree,
    *,
    kind: str,
    checks: Sequence[Mapping[str, Any]] = (),
    runner: Runner = "python",
    expected_tests: int = 0,
    site_root: str = "",
    model: str = "",
    originals: Mapping[str, bytes] | str = "",
    may_change: Sequence[str] = (),
    outline: str = "",
    unread: str = "",
) -> dict[str, Any]:
    """Keep the work and return the fields of a step's output that name it.

    `originals` are files, or the reference that an earlier output has under that name. `outline` and `unread` are
    references to texts that are kept already: the plan of files, and what of the repository was not read.
    """
    if not isinstance(originals, str):
        originals = ctx.keep_text(Worktree(originals).to_text(ctx.run.id)) if originals else ""
    return {
        "work": ctx.keep_text(tree.to_text(ctx.run.id)),
        "tree": tree.tree_id,
        "kind": kind,
        "checks": ctx.keep_text(json.dumps([dict(check) for check in checks], ensure_ascii=False)),
        "runner": runner,
        "expected_tests": expected_tests,
        "site_root": site_root.strip("/"),
        "model": model,
        "count": len(tree.changed_paths),
        "originals": originals,
        "may_change": list(may_change),
        "outline": outline,
        "unread": unread,
    }


def rewrite_work(ctx: StepContext, output: Mapping[str, Any], tree: Worktree, **changes: Any) -> dict[str, Any]:
    """Return the output fields of the same work with another tree: what a repair writes.

    `changes` are fields of `keep_work` that change too, such as expected_tests, checks (a list) or model.
    """
    named = ("kind", "runner", "expected_tests", "site_root", "model")
    fields: dict[str, Any] = {name: output[name] for name in named}
    fields["originals"] = str(output.get("originals", ""))
    fields["may_change"] = output.get("may_change", ())
    fields |= {name: str(output.get(name) or "") for name in ("outline", "unread")}
    if "checks" not in changes:
        fields["checks"] = json.loads(ctx.get_text(str(output["checks"])))
    return keep_work(ctx, tree, **{**fields, **changes})


def work_of(ctx: StepContext, output: Mapping[str, Any]) -> Work:
    """Return the work that a step's output names; raises Rejected when it names none."""
    if not output.get("work"):
        raise Rejected("code", "there is no work yet: a step of the kind code.generate must come first")
    kept = str(output.get("originals") or "")
    return Work(
        tree=from_text(ctx.get_text(str(output["work"]))),
        kind=str(output["kind"]),
        checks=json.loads(ctx.get_text(str(output["checks"]))),
        runner=output["runner"],
        expected_tests=int(output["expected_tests"]),
        site_root=str(output["site_root"]),
        model=str(output["model"]),
        originals=from_text(ctx.get_text(kept)).files if kept else {},
        may_change=tuple(output.get("may_change", ())),
    )


def is_mended(ctx: StepContext, repair: Step) -> bool:
    """Say whether a repair that is done has changed the work that it was given."""
    given = ctx.run.step(str(repair.spec.input.get("of", "")))
    return given is None or given.output.get("tree") != repair.output.get("tree")


def proofs_of(ctx: StepContext, output: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return which test proves which requirement, as the plan of files says; [] where the output names no plan."""
    ref = str(output.get("outline") or "")
    proofs = json.loads(ctx.get_text(ref)).get("tests", []) if ref else []
    return [(str(each["requirement"]), str(each["test"])) for each in proofs]


def list_tested_requirements(ctx: StepContext, output: Mapping[str, Any]) -> list[str]:
    """Return the requirements that no text on the site can show, as the plan of files says."""
    ref = str(output.get("outline") or "")
    return list(map(str, json.loads(ctx.get_text(ref)).get("by_tests_alone", []))) if ref else []


def unread_of(ctx: StepContext, output: Mapping[str, Any]) -> frozenset[str]:
    """Return the paths of the repository that were not read: nothing may be written there."""
    ref = str(output.get("unread") or "")
    return frozenset(map(str, json.loads(ctx.get_text(ref))["paths"])) if ref else frozenset()


def load_tested_work(ctx: StepContext) -> Work:
    """Return the work as code.test has passed it; raises Rejected when nothing has passed yet."""
    output = ctx.output_of("code.test")
    if "tests" not in output:
        raise Rejected("code", "nothing tested to ship: code.test must have passed first")
    return work_of(ctx, output)
