"""The table of kinds: a file that makes a kind has its line there, and no kind takes the place of another."""

from __future__ import annotations

import ast
from pathlib import Path

from shared.steps import ALL, KINDS, _table
from tests.support.repository.reach import Reach

ROOT = Path(__file__).resolve().parents[2]


def lines_missing(root: Path, there: set[str]) -> list[str]:
    """Return the lines that the table lacks for kinds that files of `shared/steps` make."""
    found = []
    for path in sorted((root / "shared" / "steps").rglob("*.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="StepKind"))):
                    found += [f"from {module} import {name} as {name}"] if name not in there else []
    return found


def test_every_kind_that_a_file_makes_has_its_line() -> None:
    assert lines_missing(ROOT, set(vars(_table))) == []


def test_all_that_a_kind_does_counts_for_what_a_worker_may_ask_for() -> None:
    """What `function.yaml` gives a function is held to what its code can come to, through this table too."""
    read = ast.parse((ROOT / "shared" / "steps" / "_table.py").read_text(encoding="utf-8")).body
    lines = [line for line in read if isinstance(line, ast.ImportFrom) and line.module != "__future__"]
    made, reached = [(line.module or "", line.names[0].name) for line in lines], Reach("execute-step")
    assert [each for each in made if each not in reached] == []
    assert len(made) == len(KINDS)


def test_no_kind_takes_the_name_of_another() -> None:
    lines = [name for name in vars(_table) if name.isupper()]
    assert len(lines) == len(KINDS) == len(ALL) > 40


def test_a_kind_without_its_line_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "shared" / "steps" / "slack"
    folder.mkdir(parents=True)
    (folder / "say.py").write_text('SAY = StepKind("slack.say", "Say it.", Say, _run)\n', encoding="utf-8")
    assert lines_missing(tmp_path, {"SAID"}) == ["from shared.steps.slack.say import SAY as SAY"]
    assert lines_missing(tmp_path, {"SAY"}) == []
