"""Finds what is named by a pronoun: such a name says neither what a thing is nor what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

PRONOUNS = frozenset({"it", "there", "one", "told", "said"})


def find_pronouns(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of what a module's source names by a pronoun.

    That are variables, also those of loops, comprehensions, `with`, `except`, `match` and imports, arguments and
    fields. Functions and attributes that are read are named elsewhere; keys and texts are no names.
    """
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                bound = name
            case ast.arg(arg=name):
                bound = name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                bound = name
            case ast.MatchMapping(rest=str(name)) | ast.alias(asname=str(name)):
                bound = name
            case _:
                continue
        if bound in PRONOUNS:
            yield getattr(node, "lineno", 0), bound
