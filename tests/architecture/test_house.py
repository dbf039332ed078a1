"""What can be counted of how the product is built: no circles, no silent catch-all, nothing that nobody uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.measures.unreachable import WORD, Modules, find_unreachable

ROOT = Path(__file__).resolve().parents[2]
BROAD = {"Exception", "BaseException"}


@pytest.fixture(scope="module")
def trees() -> dict[str, tuple[ast.Module, list[str]]]:
    """Return every module of the product by its name, with its lines."""
    found = {}
    for path in sorted(ROOT.glob("shared/**/*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        found[name] = (ast.parse(text), text.splitlines())
    assert len(found) > 500
    return found


def _imports(body: list[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """Yield what is imported while a module is loaded: not in functions, and not for types alone."""
    for statement in body:
        if isinstance(statement, ast.ImportFrom):
            yield statement
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" not in ast.unparse(statement.test):
            yield from _imports([*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            yield from _imports(statement.body)


def _graph(modules: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for name, tree in modules.items():
        graph[name] = set()
        for found in _imports(tree.body):
            for each in found.names:
                inner = f"{found.module}.{each.name}"
                graph[name] |= {inner if inner in modules else str(found.module)} & modules.keys()
    return graph


def _circle(modules: Mapping[str, ast.Module]) -> list[str]:
    try:
        TopologicalSorter(_graph(modules)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_circle_is_found() -> None:
    """What the next test asks can say no."""
    texts = {"shared.a": "if 1:\n from shared.b import x", "shared.b": "from shared import a", "shared": ""}
    assert set(_circle({name: ast.parse(text) for name, text in texts.items()})) == {"shared.a", "shared.b"}
    texts["shared.b"] = "if TYPE_CHECKING:\n from shared import a\ndef b():\n from shared import a"
    assert _circle({name: ast.parse(text) for name, text in texts.items()}) == []


def test_no_files_import_each_other_in_a_circle(trees: dict[str, tuple[ast.Module, list[str]]]) -> None:
    assert _circle({name: tree for name, (tree, _) in trees.items()}) == []


# Who catches everything: nobody else does, whether it is raised again or not
CATCH_ALLS = {
    "shared.core.errors": "the edge of a request, a task, a thread: the next one has no part in a bug of this one",
    "shared.local.keep_alive": "the same for servers of simulators, which share no code with what they test",
    "shared.backends.local.state.commit_group": "those whose writes shared a transaction each hear how it ended",
}


def _find_catch_alls(tree: ast.Module) -> list[int]:
    """Return the lines that catch everything, in whatever way they say it."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = [node.type or ast.Name("BaseException")]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "suppress":
            caught = node.args
        else:
            continue
        names = {ast.unparse(one) for kind in caught for one in getattr(kind, "elts", [kind])}
        if names & BROAD:
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("kind", ["", " Exception", " BaseException as error", " (ValueError, Exception) as error"])
@pytest.mark.parametrize("then", ["pass", "raise"])
def test_a_catch_all_is_found(kind: str, then: str) -> None:
    """What the next test asks can say no."""
    assert _find_catch_alls(ast.parse(f"try:\n    f()\nexcept{kind}:\n    {then}")) == [3]
    assert _find_catch_alls(ast.parse("with contextlib.suppress(OSError, Exception):\n    f()")) == [1]
    assert _find_catch_alls(ast.parse("try:\n    f()\nexcept (ValueError, OSError):\n    raise")) == []


def test_everything_is_caught_in_these_places_alone_each_once_and_with_its_reason(
    trees: dict[str, tuple[ast.Module, list[str]]],
) -> None:
    others = {**_read("functions/*/main.py"), **_read("tools/**/*.py"), **_read("terraform/**/*.py")}
    found = [(name, n, lines) for name, (tree, lines) in {**trees, **others}.items() for n in _find_catch_alls(tree)]
    assert sorted(name for name, _, _ in found) == sorted(CATCH_ALLS)
    assert [name for name, line, lines in found if "  # " not in lines[line - 1]] == []


_POSSESSIVE_GROUP = re.compile(r"\)(?:[*+]|\{+\d*,?\d*\}+)\+")


def test_no_pattern_repeats_a_group_possessively(trees: dict[str, tuple[ast.Module, list[str]]]) -> None:
    """Python before 3.11.5, which Debian 12 has, then finds less than is there (CPython, gh-106052)."""
    assert _POSSESSIVE_GROUP.search(r"(?:a|b)++")
    assert _POSSESSIVE_GROUP.search(r"(?:a){0,20}+")
    found = {
        f"{name}:{node.lineno}"
        for name, (tree, _) in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if _POSSESSIVE_GROUP.search(node.value) and "'()*+,-" not in node.value  # which is a list of signs
    }
    assert found == set()


# Who looks at the variables of the process beside the settings, and why that is no setting of ours.
ENVIRONMENT = {
    "shared.settings": "the one place that everybody else asks",
    "shared.code_runner": "runs what nobody trusts: its bundle holds no settings of the product",
    "shared.cli.root": "the data folder as it was typed, before a command is loaded: settings cost each of them time",
    "shared.cli.service.notice": "the machine's service manager says where it listens",
    "shared.cli.evaluate.looks.driver": "a program of its own, which hands on what it was started with",
    "shared.programs.sandbox.forward": "a program of its own, which hands on what it was started with",
    "shared.backends.cloud.rest.token": "the platform says that it is one, and where it keeps its tokens",
    "shared.backends.local.browser.chromium": "the machine's PATH",
    "shared.backends.local.search.embedder": "tells a library of numbers how many threads it may start",
    "shared.local.simulators._git": "the machine's PATH",
}
_OF_ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}


def _looks_at_environment(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _OF_ENVIRONMENT and ast.unparse(node.value) == "os":
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "os" and _OF_ENVIRONMENT & {a.name for a in node.names}:
            return True
    return False


@pytest.mark.parametrize("text", ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ"])
def test_a_look_at_the_environment_is_found(text: str) -> None:
    assert _looks_at_environment(ast.parse(text))
    assert not _looks_at_environment(ast.parse("import os\nenviron = os.getcwd()"))


def test_the_environment_is_read_in_the_settings_alone(trees: dict[str, tuple[ast.Module, list[str]]]) -> None:
    assert {name for name, (tree, _) in trees.items() if _looks_at_environment(tree)} == set(ENVIRONMENT)


KEPT = {
    "shared.app.planning.plan_proposal:Proposal.model_post_init": "called by pydantic",
    "shared.cli.root:WhenAsked.get_command": "called by click",
    "shared.cli.root:WhenAsked.list_commands": "called by click",
    "shared.integrations.notion.markdown.markdown_rules:_Parser.normalizeLink": "called by markdown-it",
    "shared.integrations.notion.markdown.markdown_rules:_Parser.normalizeLinkText": "called by markdown-it",
    "shared.plain_session:PlainSession.prepare_request": "called by requests",
    "shared.core.retries:RETRIES": "the table that docs/reference is compared with",
    "shared.settings:ALONE": "the functions that are deployed apart: folders and bundles are compared with it",
    "shared.integrations.slack.socket:SlackSocket.wait_until_connected": "so that nobody has to wait by the clock",
}
"""What nothing in the product names, and who needs it all the same."""


def _read(pattern: str) -> Modules:
    texts = {str(path): path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(pattern))}
    return {name: (ast.parse(text), text.splitlines()) for name, text in texts.items()}


def _module(text: str) -> tuple[ast.Module, list[str]]:
    return ast.parse(text), text.splitlines()


def test_what_nobody_uses_is_found() -> None:
    texts = {
        "a.shop": _module(
            "MAX = 3\ndef open_shop():\n    return MAX\n"
            'def count(n):\n    """See open_shop."""\n    return count(n - 1)\n'
            "class Till:\n    def ring(self): ...\n    @validated\n    def check(self): ...\n    def close(self): ...\n"
        ),
        "a.main": _module("from a.shop import Till\nTill().ring()\nSELL = 'a.sales:sell'\nopen_shop = 1\nrun(SELL)"),
        "a.sales": _module("def sell(): ...\n"),
    }
    found = find_unreachable(texts, {}, set())
    assert found == {"a.shop:count", "a.shop:Till.close", "a.shop:open_shop", "a.shop:MAX", "a.main:open_shop"}


def test_nothing_in_the_product_is_there_for_tests_alone(trees: dict[str, tuple[ast.Module, list[str]]]) -> None:
    """An ability needs somebody who uses it: a person's act, a step kind, a function."""
    own = ("shared.local", "shared.bench", "shared.programs")  # which run elsewhere, as files
    product = {name: tree for name, tree in trees.items() if not name.startswith(own)}
    also = {name: tree for name, tree in trees.items() if name.startswith(own)}
    also |= {**_read("functions/*/main.py"), **_read("tools/**/*.py")}
    others = [*ROOT.glob("terraform/**/*.yaml"), *ROOT.glob("functions/*/function.yaml"), ROOT / "pyproject.toml"]
    words = {word for path in others for word in WORD.findall(path.read_text(encoding="utf-8"))}
    assert find_unreachable(product, also, words, KEPT.keys()) == set(KEPT)


# A participle says neither what comes in nor what goes out: no function but these has one for its whole name
PARTICIPLES = {
    "shared/core/documents/codec.py": {"turned", "unknown"},  # read in a class, as kinds of its fields
    "shared/programs/built/service.py": {"checked", "chosen", "wanted"},  # whose text is in the work of many teams
}
# Irregular ones that are no verb too (as `read` and `put` are), and all in -ed but words that only end so
_PARTICIPLE = re.compile(
    r"""
    begun | bent | bitten | blown | born | borne | bought | bound | bred | broken | brought | built | burnt |
    caught | chosen | crept | dealt | done | drawn | driven | drunk | dug | dwelt | eaten | fallen | fed | felt
    | fled | flown | forbidden | forgiven | forgotten | fought | found | frozen | given | gone | got | grown |
    heard | held | hidden | hung | kept | knelt | known | laid | lain | learnt | led | left | lent | lost | made
    | meant | met | mistaken | overridden | paid | proven | ridden | risen | rung | said | sat | seen | sent |
    sewn | shaken | shone | shot | shown | shrunk | slept | slid | sold | sought | spent | spoken | sprung |
    spun | stolen | stood | stretched | struck | stuck | sung | sunk | sworn | swept | swum | swung | taken |
    taught | thought | thrown | told | torn | trodden | undone | understood | unknown | unseen | withdrawn |
    withheld | woken | won | worn | wound | woven | written
    | (?!(?:(?:em|im)?bed|feed|heed|indeed|need|red|sacred|seed|shed|shred|speed|(?:ex|pro|suc)ceed)$)[a-z]+ed
    """,
    re.VERBOSE,
)
_FUNCTION = re.compile(
    r"^ *(?P<property>@(?:functools\.)?(?:cached_)?property\n *)?(?:async +)?def +(?P<name>\w+)", re.M
)


def _is_participle(name: str) -> bool:
    """Say whether a name is one word, and that word a participle."""
    return _PARTICIPLE.fullmatch(name.strip("_")) is not None


def _functions(text: str) -> list[str]:
    """Return the names of all functions and methods of a file but its properties, which are no acts."""
    return [found["name"] for found in _FUNCTION.finditer(text) if not found["property"]]


def test_a_participle_is_told_from_a_verb() -> None:
    """What the next test asks can say no."""
    assert all(map(_is_participle, ("told", "_listed", "__kept", "replied", "_found")))
    verbs = ("read", "_put", "embed", "need", "proceed", "shred", "describe", "told_to", "find_listed", "__init__")
    assert not any(map(_is_participle, verbs))
    text = "class A:\n    @property\n    def kept(self): ...\n\n    async def told(self): ...\n\n\ndef _list(): ...\n"
    assert _functions(text) == ["told", "_list"]


def test_functions_are_named_by_what_they_do() -> None:
    paths = [
        path for folder in ("shared", "functions", "terraform", "tools") for path in ROOT.glob(f"{folder}/**/*.py")
    ]
    names = {path.relative_to(ROOT).as_posix(): _functions(path.read_text(encoding="utf-8")) for path in paths}
    assert sum(map(len, names.values())) > 9000
    bare = {path: found for path, each in names.items() if (found := set(filter(_is_participle, each)))}
    assert bare == PARTICIPLES
