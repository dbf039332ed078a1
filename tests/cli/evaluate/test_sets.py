"""Sets of pages are validated field by field, and the builtin one is what the documents say."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from shared.cli.evaluate.checks import LOOKS
from shared.cli.evaluate.page_set import EvalSet, read_set
from shared.core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
BUILTIN = ROOT / "shared" / "cli" / "evaluate" / "builtin"
GOOD = """kind = "site"
ends = ["live"]
answer = "Yes."
[[checks]]
name = "It says hello"
look = "text"
shows = ["Hello"]
"""


def _set(folder: Path, page: str, head: str = 'name = "mine"\nversion = 1\n') -> EvalSet:
    (folder / "set.toml").write_text(head, encoding="utf-8")
    (folder / "hello.md").write_text("# Hello\n\nA page.\n", encoding="utf-8")
    (folder / "hello.toml").write_text(page, encoding="utf-8")
    return read_set(str(folder))


def test_a_set_is_read_from_its_folder_or_its_file_and_named_by_its_content(tmp_path: Path) -> None:
    first = _set(tmp_path, GOOD)
    assert (first.name, first.version, [page.name for page in first.pages]) == ("mine", 1, ["hello"])
    assert read_set(str(tmp_path / "set.toml")) == first
    (tmp_path / "hello.md").write_text("# Hello\n\nAnother page.\n", encoding="utf-8")
    assert read_set(str(tmp_path)).digest != first.digest
    with pytest.raises(ConfigError, match="has no page 'bye'; there are hello"):
        first.select(["bye"])


CHECK = 'name = "It says hello"\nlook = "text"\nshows = ["Hello"]\n'
CALL = '[[checks.calls]]\nask = "GET /"\nstatus = [200]\n'


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('kind = "site"', 'kind = "poem"', "hello.toml: kind is 'poem'; use one of site, service"),
        ('ends = ["live"]', "ends = []", "hello.toml: ends is empty"),
        ('ends = ["live"]', 'ends = ["failed"]', "hello.toml: ends has 'failed'; use live, done"),
        ('answer = "Yes."\n', "", "hello.toml: answer is missing"),
        ('ends = ["live"]', 'ends = ["question"]', "hello.toml: answer is given"),
        ('answer = "Yes."', 'answr = "Yes."', "hello.toml: answer is missing"),
        ("[[checks]]", 'more = 1\n[[checks]]', "hello.toml: more is not a field"),
        ('name = "It says hello"\n', "", r"hello.toml: checks\[1\].name is missing; it has to be a text"),
        ('look = "text"', 'look = "smell"', r"hello.toml: checks\[1\].look is 'smell'; use one of files, form"),
        ('shows = ["Hello"]', "shows = [3]", r"hello.toml: checks\[1\].shows\[1\] has to be a text or a list of texts"),
        ('shows = ["Hello"]', "", r"hello.toml: checks\[1\].shows is missing, and so is hides"),
        ('shows = ["Hello"]', 'shows = ["Hello"]\nshown = ["x"]', r"hello.toml: checks\[1\].shown is not a field"),
        (CHECK, 'name = "r"\nlook = "rows"\nrows = [["alone"]]\n', r"checks\[1\].rows\[1\] needs at least two texts"),
        (CHECK, f'name = "c"\nlook = "service"\n{CALL}send = 3\n', r"checks\[1\].calls\[1\].send has to be a table"),
        (CHECK, f'name = "c"\nlook = "service"\n{CALL.replace("GET ", "GIVE ")}', r"calls\[1\].ask is 'GIVE /'"),
        (CHECK, f'name = "c"\nlook = "service"\n{CALL}match = {{ a = "(" }}\n', r"calls\[1\].match.a is not a regular"),
        (CHECK, 'name = "t"\nlook = "tool"\ncommand = "tool"\nexit = [0]\n', r"checks\[1\].command is 'tool'; it has"),
        (CHECK, 'name = "t"\nlook = "tool"\ncommand = "python3 t.py"\n', r"checks\[1\].exit is missing"),
        (
            CHECK, 'name = "t"\nlook = "tool"\ncommand = "python3 t.py"\nexit = [0]\nfinds = { "a.txt" = { } }\n',
            r"checks\[1\].finds.a.txt.same is missing, and so are contains and csv",
        ),
        (
            CHECK, 'name = "n"\nlook = "table"\ntitle = "T"\nrows = [{ Name = "a" }, { Town = "b" }]\n',
            r"checks\[1\].rows\[2\].Name is missing: a row is known by it",
        ),
        (
            "[[checks]]", '[[tables]]\ntitle = "T"\ncolumns = { Name = "head" }\nrows = [{ Name = "a" }]\n[[checks]]',
            r"hello.toml: tables\[1\].columns.Name is 'head'; use one of title",
        ),
        (
            "[[checks]]", '[[tables]]\ntitle = "T"\ncolumns = { Name = "title" }\nrows = [{ Nam = "a" }]\n[[checks]]',
            r"hello.toml: tables\[1\].rows\[1\].Nam is not a column of this table",
        ),
        ("[[checks]]", "[[checks", "hello.toml: is not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_field(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in GOOD
    _set(tmp_path, GOOD)
    with pytest.raises(ConfigError, match=said):
        _set(tmp_path, GOOD.replace(right, wrong, 1))


def test_a_folder_that_is_none_says_what_a_set_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"set\.toml: cannot be read .* see docs/guides/evaluation\.md"):
        read_set(str(tmp_path / "nowhere"))
    (tmp_path / "set.toml").write_text('name = "empty"\nversion = 1\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="holds no page"):
        read_set(str(tmp_path))


def test_the_builtin_set_has_thirty_pages_of_every_kind_and_no_two_alike() -> None:
    pages = read_set("builtin").pages
    assert len(pages) == 30
    assert Counter(page.kind for page in pages) == {"site": 11, "service": 5, "tool": 5, "notion": 4, "ask": 5}
    assert len({page.idea.title for page in pages}) == 30
    told = [tomllib.loads((BUILTIN / f"{page.name}.toml").read_text(encoding="utf-8")) for page in pages]
    assert {each.get("language", "en") for each in told} >= {"en", "de", "pt", "zh"}
    assert {check["look"] for each in told for check in each["checks"]} == set(LOOKS)
    lengths = sorted(len((BUILTIN / f"{page.name}.md").read_text(encoding="utf-8").split()) for page in pages)
    assert lengths[0] < 40
    assert lengths[-1] > 700
    for page, each in zip(pages, told, strict=True):
        assert bool(each.get("why")) == (page.kind == "ask"), page.name  # why asking is right has to be said


def test_the_builtin_set_is_package_data_and_no_bundle_of_the_cloud_can_hold_it() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    shipped = {path for pattern in data["shared"] for path in (ROOT / "shared").glob(pattern)}
    assert {path for path in BUILTIN.iterdir() if path.is_file()} <= shipped
    assert "cli" in BUILTIN.relative_to(ROOT / "shared").parts  # see test_no_bundle_has_what_serves_one_machine_alone
