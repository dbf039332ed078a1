"""Errors in a few lines for a model to mend: what failed and where, not everything that was printed on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.core.text.outgoing_text import visible

MAX = 2400  # characters of one error: about 600 tokens
_FRAMES = 2  # of a stack trace, the innermost: the ones that our code is in
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FRAME = re.compile(r"\s+File \"[^\"]+\", line \d+|\s+at \S.*[(:]\d+|\s+at .*\(.*\)$|\S+\.\w+:\d+(?::\d+)?: in ")
_FOREIGN = re.compile(r"site-packages|node_modules|/lib/python|<frozen |node:internal|unittest/")
_MATTERS = re.compile(
    r"^(?:FAIL|ERROR|FAILED|E  |>  |\s*\^|✗|×|not ok)|\b\w*(?:Error|Exception|Failure|Warning)\b[:(]|assert|expected|"
    r"panic|undefined|cannot|not found|refused|(?i:\bfailed\b|\bfatal\b)"
)
_SAYS = 12  # characters of a line that say something of their own; shorter ones may well come twice
_MARKED = "… {} lines left out …"


def compact_error(text: str, limit: int = MAX) -> str:
    """Return at most `limit` characters: repeated lines once, of stack traces the innermost frames, then what matters.

    What stays is in its order and as it was; a line says how many were left out.
    """
    lines = [line.rstrip() for line in visible(_COLOUR.sub("", text)).splitlines()]
    lines = _drop_frames(_drop_repeated(lines))
    if _size(lines) <= limit:
        return "\n".join(lines).strip()
    lines = [_shorter(line, limit // 4) for line in lines]
    kept = _choose_lines(lines, limit)
    found: list[str] = []
    before = -1
    for number in sorted(kept):
        if number - before > 1:
            found.append(_MARKED.format(number - before - 1))
        found.append(lines[number])
        before = number
    if len(lines) - before > 1:
        found.append(_MARKED.format(len(lines) - before - 1))
    return "\n".join(found)[:limit]


def _drop_repeated(lines: Sequence[str]) -> list[str]:
    """Leave out what is said again: retries and subtests print the same lines with another number."""
    seen: set[str] = set()
    found: list[str] = []
    for line in lines:
        shape = re.sub(r"0x[0-9a-f]+|\d+(?:\.\d+)?", "0", line).strip()
        if len(shape) > _SAYS and shape in seen and not _FRAME.match(line):
            continue
        seen.add(shape)
        if line or (found and found[-1]):
            found.append(line)
    return found


def _drop_frames(lines: Sequence[str]) -> list[str]:
    """Keep of each stack trace the innermost frames, our own before those of libraries."""
    found: list[str] = []
    stack: list[list[str]] = []
    for line in lines:
        if _FRAME.match(line):
            stack.append([line])
        elif stack and (line.startswith("    ") or not line.strip()):
            stack[-1].append(line)
        else:
            found += [*_innermost(stack), line]
            stack = []
    return found + _innermost(stack)


def _innermost(stack: Sequence[Sequence[str]]) -> list[str]:
    if len(stack) <= _FRAMES + 1:
        return [line for frame in stack for line in frame]
    own = [frame for frame in stack if not _FOREIGN.search(frame[0])]
    kept = (own or list(stack))[-_FRAMES:]
    return [f"  … {len(stack) - len(kept)} frames left out …", *(line for frame in kept for line in frame)]


def _choose_lines(lines: Sequence[str], limit: int) -> set[int]:
    """Return the numbers of the lines that stay: the last, what matters with the lines around it, then the end."""
    weighty = [number for number, line in enumerate(lines) if _MATTERS.search(line)]
    around = [near for number in weighty for near in (number, number - 1, number - 2, number - 3, number + 1)]
    order = [len(lines) - 1, *(near for near in around if 0 <= near < len(lines))]
    order += [*range(len(lines) - 1, -1, -1)]
    kept: set[int] = set()
    left = int(0.85 * limit)  # the rest is for the words about what was left out
    for number in order:
        size = len(lines[number]) + 1
        if number not in kept and size <= left:
            kept.add(number)
            left -= size
    return kept


def _shorter(line: str, limit: int) -> str:
    """Return both ends of a line: what was expected stands at one of them, and a whole page may stand between."""
    return line if len(line) <= limit else f"{line[: 2 * limit // 3]} … {line[-limit // 3 :]}"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)
