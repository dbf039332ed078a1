"""Passwords and keys in tables: in a column under a heading that says so, and in a row behind a cell that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.core.secrets.secret_lines import Looked
from shared.core.secrets.secret_looks import is_hex, is_random, is_told_password, stands_for_one
from shared.core.secrets.secret_rules import CHOSEN, PARTS_OF_CHOSEN, Found

_MADE = r"(?:api|access|auth|secret|private|client)?[ _-]?(?:secret|token|api[ _-]?key|access[ _-]?key|secret[ _-]?key)"
_HEADING = re.compile(
    rf"(?i)[\s*`\"']*(?:[\w-]{{1,20}}[ _-]){{0,3}}(?:(?P<chosen>{CHOSEN})|(?P<made>{_MADE}))(?: ?\([^()]*\))?[\s*`\"']*"
)
_NAMES = re.compile(r"[\w \t./*`\"'()#-]{0,60}")
_RULE = re.compile(r"[\s|:+-]+")
_ROW = re.compile(
    rf"(?im)^[^\S\n]*\|[^\n]{{0,200}}?(?<=\|)(?:[\s*]|[\w-]{{1,20}} ){{0,4}}(?:{CHOSEN})"
    r"[\s*:]*\|[^\S\n]*([^\s|]{6,64})[^\S\n]*\|"
)
_BETWEEN = ("|", "\t", ";", ",")
_MAX_ROWS, _MAX_HEADING = 500, 1000
_TRACES = (*PARTS_OF_CHOSEN, "secret", "token", "key")


def find_in_tables(looked: Looked) -> Iterator[Found]:
    """Find what stands in a column whose heading says that secrets are in it."""
    text = looked.text
    for start, end in looked.lines_with(_TRACES):
        line = text[start:end]
        sign = next((separator for separator in _BETWEEN if separator in line), "")
        if not sign:
            continue
        before = text[text.rfind("\n", 0, max(0, start - 1)) + 1 : max(0, start - 1)]
        if end < len(text) and sign not in before and len(line) <= _MAX_HEADING:
            yield from _find_in_table(text, line, end + 1, sign)
        for row in _ROW.finditer(text, start, end) if sign == "|" else ():
            yield from _judge_cell(row[1], row.start(1), True)


def _find_in_table(text: str, line: str, at: int, sign: str) -> Iterator[Found]:
    heads = line.split(sign)
    if not all(_NAMES.fullmatch(head) for head in heads) or (sign in ",;" and not all(map(str.strip, heads))):
        return  # the last one are values that a program gives, one in a line
    columns = {number: match for number, head in enumerate(heads) if (match := _HEADING.fullmatch(head))}
    for _ in range(_MAX_ROWS if columns else 0):
        end = text.find("\n", at)
        row = text[at : end if end >= 0 else len(text)]
        cells = row.split(sign)
        if len(cells) != len(heads):
            return
        if not _RULE.fullmatch(row):
            for number, match in columns.items():
                begins = at + sum(len(cell) + 1 for cell in cells[:number])
                yield from _judge_cell(cells[number], begins, match["chosen"] is not None)
        if end < 0:
            return
        at = end + 1


def _judge_cell(cell: str, at: int, chosen: bool) -> Iterator[Found]:
    value = cell.strip(" \t\r*`\"'")
    if " " in value or stands_for_one(value):
        return
    if (is_told_password(value) or is_random(value)) if chosen else (is_random(value) or is_hex(value)):
        start = at + cell.index(value)
        yield Found("password" if chosen else "key", start, start + len(value))
