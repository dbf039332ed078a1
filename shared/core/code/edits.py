"""Changes to existing files as exact search and replace: every edit must apply exactly once, or none is made.

A line number a model counts is wrong as soon as one above it is; text that must be there, once, cannot be misplaced.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

_SHOWN = 4  # lines of a file that are shown around what was not found
_SAID = 8  # things wrong with one set of edits that are told: the others mostly follow from these
_QUOTED = 160  # characters of a line in a message
_SIGN = re.compile(
    r"\[\[secret:[^\]\n]{1,60}\]\]"
)  # what a model is shown in place of a secret: mind/safety/redaction.py
_LONGEST_SECRET = 400  # characters of one line that a sign may stand for
_LOOKED_AT = 4000  # lines of a file in which the nearest place is looked for


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the one place in the file at `path` that reads `find`, to the letter, by `replace`."""

    path: str
    find: str
    replace: str


class EditsRefused(ValueError):
    """Nothing was changed; the message is written for whoever wrote the edits, and says what is wrong with each."""


def apply_edits(files: Mapping[str, str], edits: Sequence[Edit]) -> dict[str, str]:
    """Return the files that change, with their new text. Raises EditsRefused when one edit does not apply.

    Every `find` is looked for in the text as it is in `files`, so the order of edits means nothing. In a file whose
    lines end with CR LF, a `find` or `replace` with plain line feeds stands for the same lines.
    """
    problems: list[str] = []
    spans: dict[str, list[_Span]] = {}
    for number, edit in enumerate(edits, 1):
        span, problem = _locate_edit(files, edit, quoting=len(problems) < _SAID)
        if problem:
            problems.append(f"edit {number} of {edit.path!r}: {problem}")
        else:
            spans.setdefault(edit.path, []).append(_Span(*span, number))
    for path, found in spans.items():
        problems += _overlaps(path, found)
    if problems:
        more = f"\n… and {len(problems) - _SAID} more edits do not apply" if len(problems) > _SAID else ""
        raise EditsRefused("\n".join(problems[:_SAID]) + more)
    return {path: _replace_spans(files[path], found) for path, found in spans.items()}


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    text: str
    number: int


def _locate_edit(files: Mapping[str, str], edit: Edit, *, quoting: bool) -> tuple[tuple[int, int, str], str]:
    """Return where the edit goes and what with, or what is wrong with it; `quoting` looks for the nearest place."""
    nowhere = (0, 0, "")
    text = files.get(edit.path)
    if text is None:
        near = ", ".join(map(repr, difflib.get_close_matches(edit.path, list(files), n=3, cutoff=0.5)))
        return nowhere, f"there is no such file; did you mean {near}?" if near else "there is no such file"
    if not edit.find:
        return nowhere, "`find` is empty; give the lines to replace, or the line that new ones go after"
    find, replace = _restore_signs(text, _match_line_ends(text, edit.find), _match_line_ends(text, edit.replace))
    if find == replace:
        return nowhere, "`find` and `replace` are the same: it changes nothing"
    start = text.find(find)
    if start < 0:
        return nowhere, f"`find` is not in the file.{_nearest(text, find) if quoting else ''}"
    if (second := text.find(find, start + 1)) >= 0:
        places = _places(text, find, start, second)
        return nowhere, f"`find` is there more than once, {places}; add lines around it until it is there once"
    return (start, start + len(find), replace), ""


def _restore_signs(text: str, find: str, replace: str) -> tuple[str, str]:
    """Return both with what the file really reads where they have signs, if that is one place; else as they are.

    Whoever wrote the edit was shown signs and copied them. A sign at either end of `find` has no bounds in the file.
    """
    signs = list(_SIGN.finditer(find))
    if not signs or find in text or not find[: signs[0].start()].strip() or not find[signs[-1].end() :].strip():
        return find, replace
    pattern, names = re.escape(find[: signs[0].start()]), dict[str, str]()
    for sign, after in zip(signs, [*signs[1:], None], strict=True):
        known = names.get(sign[0])
        name = names.setdefault(sign[0], f"sign{len(names)}")
        value = f"(?P={name})" if known else f"(?P<{name}>[^\n]{{1,{_LONGEST_SECRET}}}?)"
        rest = find[sign.end() : after.start() if after else len(find)]
        pattern += f"(?>{value}{re.escape(rest)})"  # as far as what follows stands first, and never looked at again
    places = list(islice(re.finditer(pattern, text), 2))
    if len(places) != 1:
        return find, replace
    for shown, name in names.items():
        replace = replace.replace(shown, places[0][name])
    return places[0][0], replace


def _match_line_ends(text: str, part: str) -> str:
    """Return the part with the line ends of the text, where the text has one kind alone."""
    crlf = text.count("\r\n")
    if crlf and crlf == text.count("\n") and "\r" not in part:
        return part.replace("\n", "\r\n")
    return part


def _places(text: str, find: str, start: int, second: int) -> str:
    found, at = [start], second
    while at >= 0 and len(found) < 5:
        found.append(at)
        at = text.find(find, at + 1)
    lines = [str(text.count("\n", 0, place) + 1) for place in found]
    return f"on lines {', '.join(lines)}{' and further down' if at >= 0 else ''}"


def _nearest(text: str, find: str) -> str:
    """Return the lines of the file that are most like what was looked for, as they really read."""
    wanted = [line.strip() for line in find.splitlines() if line.strip()]
    lines = text.splitlines()[:_LOOKED_AT]
    if not wanted or not lines:
        return " The file is empty." if not lines else ""
    anchor = max(wanted, key=len)
    matcher = difflib.SequenceMatcher(b=anchor[:_QUOTED], autojunk=False)
    best, place = 0.0, -1
    for number, line in enumerate(lines):
        matcher.set_seq1(line.strip()[:_QUOTED])
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, place = ratio, number
    if best < 0.5:
        return ""
    first = max(0, place - wanted.index(anchor))
    shown = lines[first : first + max(_SHOWN, min(len(wanted), 2 * _SHOWN))]
    quoted = "\n".join(line[:_QUOTED] for line in shown)
    return f" The nearest place, from line {first + 1} on, reads:\n{quoted}"


def _overlaps(path: str, found: list[_Span]) -> list[str]:
    found.sort(key=lambda span: (span.start, span.end))
    return [
        f"edits {min(earlier.number, other.number)} and {max(earlier.number, other.number)} of {path!r} change"
        " the same place; make one edit of them"
        for earlier, other in pairwise(found)
        if other.start < earlier.end
    ]


def _replace_spans(text: str, found: Sequence[_Span]) -> str:
    parts, at = [], 0
    for span in found:
        parts += [text[at : span.start], span.text]
        at = span.end
    return "".join([*parts, text[at:]])
