"""The kinds of steps as a planner is told of them: a line each in the families that a page may need, the rest in short.

A line holds all fields with their types, and what the kind does; what several lines would repeat stands above them
once. In short are the names of kinds and fields. Agents are told of where a page may need them, and nowhere else:
without their names nobody can ask them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from shared.app.planning.planner_facts.plan_families import AGENTS, CODE, NOTION, family_of
from shared.core.models.token_bound import estimate_tokens
from shared.mind.structured import schema_of
from shared.steps._kind import StepKind

_SHARE = 0.25  # of the prompt's room: what the kinds may take of it
_NOTES = 0.1  # of it: what may be said beyond names and types
_CONDUCTING = ("agent.", "pattern.")  # kinds whose fields take pages to explain; small models do without them
_SHORT = 40  # letters: what is said of a field and kept in a line
_DEEPEST = 4
_TARGET = "id, address or step:ID"
_VALUE = "string|number|boolean|[string]|null"
_SAYS_NOTHING = ("What the plan fills in.", "Nothing to fill in")
_WORDS = {  # a type that many fields have, and its name in the lines
    f"string ({_TARGET})": "TARGET",
    f"string ({_TARGET} of a page or block)": "TARGET",
    f"{{NAME: {_VALUE}}}": "VALUES",
}
_ENUM = re.compile(r'"\w+"(?:\|"\w+"){9,}')  # so many words that a model knows them or looks them up
_ONLY_FOR = {  # agents who are told only where a page may need the family that they work for
    CODE: "code-reviewer front-end-engineer python-engineer release-note-writer requirement-analyst security-reviewer "
    "test-writer web-designer",
    NOTION: "daily-planner data-cleaner status-reporter triager",
}
_TEXT = re.compile(r"(?<=\w): text(?=[,)}])|(?<=\?): text(?=[,)}])")
_HEAD = "Kinds of steps, with the fields of their input; those with ? may be left out."
_IN_SHORT = "In short, for what a page asks for besides:"
_EXPLAINED = {  # what a word in the lines means, where one of them has it
    "from_step": "from_step names a step that leaves a text.",
    "TARGET": "TARGET: a name that is told here, like block:3, an address, or step:ID; as text.",
    "VALUES": f"VALUES: {{NAME OF A COLUMN: {_VALUE}}}.",
}


def kinds_table(kinds: Iterable[StepKind], room: int, families: Collection[str] = ()) -> str:
    """Return what a planner is told of these kinds; `room` is what the whole prompt may take, in tokens.

    Of `families` alone more is told than names; where none are named, of all. Where there is little room the kinds that
    conduct agents are left out, unless the page's words want them.
    """
    known = list(kinds)
    others = [kind for kind in known if not kind.name.startswith(_CONDUCTING)]
    if families:
        return _describe_kinds(known if AGENTS in families else others, families)
    table = _describe_kinds(known, families)
    return table if estimate_tokens(table) <= _SHARE * room else _describe_kinds(others, families)


def kinds_notes(kinds: Iterable[StepKind], families: Collection[str], room: int) -> str:
    """Return what there is to know of the fields of these families beyond names and types; "" for nothing, or where
    there is no room for it.
    """
    lines = [line for kind in kinds if family_of(kind.name) in families for line in _notes(kind, families)]
    notes = "More on their fields:\n" + "\n".join(lines) if lines else ""
    return notes if estimate_tokens(notes) <= _NOTES * room else ""


def kind_line(kind: StepKind, others: Mapping[str, StepKind] | None = None, *, short: bool = False) -> str:
    """Return a kind as one line: name, input, purpose, and what must come before it.

    Of that only what is not said of `others` that come before it themselves. In `short`: no purpose, and of the fields
    the names, unless they are a choice among few words, which nobody can guess.
    """
    schema = schema_of(kind.input)
    implied = {name for each in kind.needs if others and each in others for name in others[each].needs}
    needs = [name for name in kind.needs if name not in implied]
    after = f" After: {', '.join(needs)}." if needs else ""
    fields = _names(schema) if short and not _chooses(schema) else _fields(schema, schema.get("$defs") or {}, 0)
    left = " Leaves a text." if kind.leaves_text else ""
    return f"{kind.name}{fields}{'' if short else f': {kind.purpose}'}{left}{after}"


def _describe_kinds(kinds: Iterable[StepKind], families: Collection[str]) -> str:
    named, by_name = dict[str, str](), {kind.name: kind for kind in kinds}
    needed = [kind for kind in by_name.values() if not families or family_of(kind.name) in families]
    lines = [_shorten(kind, by_name, named) for kind in needed]
    rest = [kind_line(kind, by_name, short=True) for kind in by_name.values() if kind not in needed]
    explained = [f"{name}: {text}." for name, text in named.items()]
    table = "\n".join((*explained, *lines, *rest))
    words = " ".join(text for word, text in _EXPLAINED.items() if word in table)
    short = [_IN_SHORT, *rest] if rest else []
    return "\n".join([_HEAD, *([words] if words else []), *explained, *lines, *short])


def _chooses(schema: Mapping[str, Any]) -> bool:
    """Say whether all a kind takes is a choice among few words: nobody can guess them, and they are soon told."""
    fields = list((schema.get("properties") or {}).values())
    return bool(fields) and all("enum" in each for each in fields)


def _shorten(kind: StepKind, kinds: Mapping[str, StepKind], named: dict[str, str]) -> str:
    """Return the kind's line with names in place of the types that many lines have; `named` are those to explain."""
    line, defs = kind_line(kind, kinds), schema_of(kind.input).get("$defs") or {}
    for name, each in defs.items():
        text = _type(each, defs, 1)
        if text in line and len(text) > 4 * _SHORT:
            named[name.upper()] = _shorten_words(_ENUM.sub("as Notion's API names it", text))
            line = line.replace(text, name.upper())
    return _shorten_words(line)


def _shorten_words(text: str) -> str:
    for long, short in _WORDS.items():
        text = text.replace(long, short)
    return text


def notes_of(kind: StepKind) -> list[str]:
    """Return what there is to know of one kind beyond its line; of who can be asked nothing."""
    return [note for note in _notes(kind, ()) if "\n" not in note]


def _notes(kind: StepKind, families: Collection[str]) -> list[str]:
    schema = schema_of(kind.input)
    inner = [each for each in (schema.get("$defs") or {}).values() if each.get("type") == "object"]
    descriptions = [" ".join(str(each.get("description", "")).split()) for each in (schema, *inner)]
    found = [f"- {kind.name}: {text}" for text in descriptions if text and not text.startswith(_SAYS_NOTHING)]
    return found + [
        f"- {kind.name}, {name}{_shorter(each['description'], families)}"
        for name, each in (schema.get("properties") or {}).items()
        if len(str(each.get("description", ""))) > _SHORT and _TARGET not in each["description"]
    ]


def _shorter(text: str, families: Collection[str]) -> str:
    """Return what is said of a field; of a list of agents only those who have to do with these families."""
    lines = text.split("\n")
    if len(lines) == 1:
        return f": {text}"
    others = {name for family, names in _ONLY_FOR.items() if family not in families for name in names.split()}
    kept = [line for line in lines if line.partition("(")[0] not in others]
    short = [_TEXT.sub("", line).replace("list of texts", "texts") for line in kept]
    return " (what has no type is a text):\n" + "\n".join(short)


def _names(schema: Mapping[str, Any]) -> str:
    needed = schema.get("required") or ()
    return "{" + ", ".join(name if name in needed else f"{name}?" for name in schema.get("properties") or ()) + "}"


def _fields(schema: Mapping[str, Any], defs: Mapping[str, Any], depth: int) -> str:
    needed = schema.get("required") or ()
    fields = [
        f"{name}{'' if name in needed else '?'}: {_type(each, defs, depth)}{_words(each)}"
        for name, each in (schema.get("properties") or {}).items()
    ]
    return "{" + ", ".join(fields) + "}"


def _words(schema: Mapping[str, Any]) -> str:
    text = str(schema.get("description", ""))
    return f" ({text})" if 0 < len(text) <= _SHORT or text.startswith(_TARGET) else ""


def _type(schema: Mapping[str, Any], defs: Mapping[str, Any], depth: int) -> str:
    if depth > _DEEPEST:
        return "object"
    if "$ref" in schema:
        return _type(defs[str(schema["$ref"]).rpartition("/")[2]], defs, depth + 1)
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return "|".join(json.dumps(each, ensure_ascii=False) for each in schema["enum"])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return "|".join(dict.fromkeys(_type(each, defs, depth + 1) for each in choices))
    if schema.get("type") == "array":
        items = schema.get("items") or {}
        words = f" ({_TARGET})" if items.get("description") == _TARGET else ""
        return f"[{_type(items, defs, depth + 1)}{words}]"
    if "properties" in schema:
        return _fields(schema, defs, depth + 1)
    if isinstance(schema.get("additionalProperties"), Mapping):
        return "{NAME: " + _type(schema["additionalProperties"], defs, depth + 1) + "}"
    return str(schema.get("type", "any"))
