"""Names say what is inside; every integration has a simulator, and tests against it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.measures.pronouns import find_pronouns

ROOT = Path(__file__).resolve().parents[2]
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "base", "manager", "stuff", "lib"}
FOLDERS = ("shared", "functions", "tests", "tools")
# what several systems are asked, or tell, in the same words; nothing is called there
PROTOCOLS = {"forge", "hosting", "mail", "hooks", "mail_settings", "messenger", "import_paths", "trial_result"}
LISTS = {  # of all systems
    *("systems", "clients", "ship_settings", "ship_policy", "secret_search", "webhooks", "messengers", "token_looks"),
    "trials",
    "apps",
    "templates",
}
AT_HAND = {"local_sites"}  # nobody else's system: tests have the real one
INTEGRATIONS = sorted(
    path.stem
    for path in (ROOT / "shared" / "integrations").iterdir()
    if not path.name.startswith("__") and path.stem not in PROTOCOLS | LISTS
)
SIMULATED = [name for name in INTEGRATIONS if name not in AT_HAND]


def _named(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    paths = [path for path in found if not {"__pycache__", "node_modules"} & set(path.parts)]
    assert len(paths) > 100  # the folders were found
    wordless = [path for path in paths if path.stem.strip("_").lower() in SAYS_NOTHING]
    assert wordless == []


@pytest.mark.parametrize("name", SIMULATED)
def test_every_integration_has_a_simulator(name: str) -> None:
    simulators = ROOT / "shared" / "local" / "simulators"
    assert any(_named(folder, name) for folder in (simulators, simulators / name.partition("_")[0]))


@pytest.mark.parametrize("name", INTEGRATIONS)
def test_every_integration_is_tested(name: str) -> None:
    assert any((ROOT / "tests" / "integrations").rglob(f"test_{name}.py"))


@pytest.mark.parametrize("name", SIMULATED)
def test_every_simulator_is_tested(name: str) -> None:
    simulated = ROOT / "tests" / "sim"
    assert (simulated / f"test_{name}.py").is_file() or any((simulated / name).glob("test_*.py"))


@pytest.mark.parametrize(
    "text",
    [
        "it = 1",
        "for one in runs: ...",
        "for id, one in runs: ...",
        "[one for one in runs]",
        "{said: 1 for said in texts}",
        "if (told := tell()): ...",
        "with open(path) as said: ...",
        "try: ...\nexcept ValueError as told: ...",
        "match run:\n    case {'id': it}: ...",
        "match run:\n    case [*there]: ...",
        "match run:\n    case {**there}: ...",
        "import json as it",
        "def show(one): ...",
        "def show(run, *, there=None): ...",
        "lambda it: it.id",
        "class Run:\n    said: str",
        "class Run:\n    def __init__(self):\n        self.told = ''",
    ],
)
def test_a_pronoun_as_a_name_is_found(text: str) -> None:
    """What the next test asks can say no."""
    assert [name in text for _, name in find_pronouns(text)] == [True]
    assert list(find_pronouns("run.told(it['one'], f'{run.there}')\ndef said(): ...\n'one'")) == []


# Names of stored fields, which stay as they are stored.
STORED = {
    "shared/core/documents/grant.py": {"told"},
    "shared/core/money/spending.py": {"told"},
    "shared/core/chat/summary.py": {"said"},
}


def test_nothing_in_the_product_is_named_by_a_pronoun() -> None:
    paths = [
        path for folder in ("shared", "functions", "terraform", "tools") for path in ROOT.glob(f"{folder}/**/*.py")
    ]
    assert len(paths) > 1000  # the folders were found
    found = {
        (str(path.relative_to(ROOT)), name, line)
        for path in paths
        for line, name in find_pronouns(path.read_text(encoding="utf-8"))
    }
    assert {(path, name, line) for path, name, line in found if name not in STORED.get(path, ())} == set()
    assert {path for path, name, _ in found} == set(STORED)  # none is excused in vain


# Most files need not be parsed: the words stand in sentences alone
_MAYBE_VAGUE = re.compile(r"(?i)_(?:most|least)|(?:most|least)_|\b(?:most|least)(?: *[:=,()]| in\b)")
_VAGUE = re.compile(r"(?:^|_)(?:most|least)(?:_|$)", re.IGNORECASE)
# Fields of plans and of the public API, which people have stored
_GIVEN = {"at_most", "most_files", "most_bytes", "most_file_bytes"}


def _list_vague(text: str) -> Iterator[str]:
    """Yield what is defined or set by such a name: functions, classes, arguments, variables, fields."""
    for node in ast.walk(ast.parse(text)) if _MAYBE_VAGUE.search(text) else ():
        name = ""
        if isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.attr
        if _VAGUE.search(name):
            yield name


def test_a_vague_bound_is_found() -> None:
    """What the next test asks can say no."""
    text = (
        "class A:\n    most_x: int\ndef f(at_least, *, most=1):\n    self._least = 1\n    for almost, max_x in a: ...\n"
    )
    assert set(_list_vague(text)) == {"most_x", "at_least", "most", "_least"}


def test_bounds_are_named_by_the_fields_words() -> None:
    paths = [
        path for folder in ("shared", "functions", "terraform", "tools") for path in ROOT.glob(f"{folder}/**/*.py")
    ]
    assert len(paths) > 500
    assert {name for path in paths for name in _list_vague(path.read_text(encoding="utf-8"))} == _GIVEN


MAX_HALF_SENTENCES = 17
"""Functions whose name begins where a sentence goes on, and says nothing of what they do. The number may only fall."""
_GOES_ON = {
    *("about", "above", "across", "after", "against", "among", "around", "as", "at", "because", "before", "behind"),
    *("below", "beside", "between", "beyond", "by", "down", "during", "except", "for", "how", "if", "in", "inside"),
    *("into", "like", "near", "next", "of", "off", "on", "once", "onto", "out", "outside", "over", "past", "per"),
    *("since", "so", "than", "that", "then", "there", "through", "till", "under", "until", "up", "upon", "via", "what"),
    *("when", "where", "which", "while", "who", "whom", "whose", "why", "with", "within", "without"),
}


def _list_half_sentences(text: str) -> list[str]:
    names = re.findall(r"^\s*(?:async )?def (\w+)", text, re.MULTILINE)
    return [name for name in names if name[:2] != "__" and name.strip("_").partition("_")[0] in _GOES_ON]


def test_half_a_sentence_as_a_name_is_found() -> None:
    """What the next test asks can say no."""
    text = "def _before_it_leaves(): ...\nclass A:\n    async def of(self):\n        def why_not(): ...\n"
    assert _list_half_sentences(text) == ["_before_it_leaves", "of", "why_not"]
    assert (
        _list_half_sentences("def from_data(): ...\ndef to_data(): ...\ndef inform(): ...\ndef __next__(): ...") == []
    )


def test_functions_named_by_half_a_sentence_become_fewer() -> None:
    paths = [
        path for path in ROOT.glob("shared/**/*.py") if "simulators" not in path.parts and "bench" not in path.parts
    ]
    assert len(paths) > 500
    found = [name for path in paths for name in _list_half_sentences(path.read_text(encoding="utf-8"))]
    assert len(found) <= MAX_HALF_SENTENCES
