"""The rights that the pages on connecting tell people to give are those that the tries ask for, no more, no fewer."""

from __future__ import annotations

import re

from shared.core.people.obstacles import RIGHTS
from shared.integrations.github.trial import try_github
from shared.integrations.gitlab.trial import try_gitlab
from shared.integrations.vercel.trial import try_vercel
from shared.ports import Secret
from tests.support.repository.documents import ROOT

NOTHING = Secret("")  # what is asked for is said before anything is sent


def _tables(name: str) -> list[dict[str, list[str]]]:
    """Return the tables of a page that begin with a right or a scope: its name → the other cells."""
    found: list[dict[str, list[str]]] = []
    within = False
    for line in (ROOT / "docs" / "guides" / f"connect-{name}.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            within = False
        elif cells[0] in ("Right", "Scope"):
            within = True
            found.append({})
        elif within and not set(cells[0]) <= {"-"}:
            found[-1][cells[0].strip("`")] = cells[1:]
    return found


def _quoted(text: str) -> list[str]:
    return re.findall("“([^”]+)”", text)


def test_rights_of_notion() -> None:
    (rights,) = _tables("notion")
    assert list(rights) == list(RIGHTS)
    assert all(why for (why,) in rights.values())


def test_rights_of_a_token_of_github() -> None:
    said = try_github(NOTHING).way_out
    scope, everywhere, *levels = _quoted(said)
    named = re.search(r"with ([\w ,]+) on “.*”, ([\w ]+) on “", said)
    assert named is not None
    asked = dict.fromkeys(re.split(", | and ", named[1]), levels[0]) | {named[2]: levels[1]}
    (rights,) = _tables("github")[:1]
    assert {right: level for right, (level, _) in rights.items()} == asked
    text = (ROOT / "docs" / "guides" / "connect-github.md").read_text(encoding="utf-8")
    assert f"the scope `{scope}`" in text
    assert f"*{everywhere}*" in text


def test_scope_of_a_token_of_gitlab() -> None:
    assert [list(rights) for rights in _tables("github")[1:]] == [_quoted(try_gitlab(NOTHING).way_out)]


def test_scope_of_a_token_of_vercel() -> None:
    (rights,) = _tables("vercel")
    assert list(rights) == [f"Scope *{scope}*" for scope in _quoted(try_vercel(NOTHING).way_out)]
