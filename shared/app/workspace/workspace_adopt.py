"""Adopt a database that people have: find our columns among theirs by name and type, and ask where that is not certain.

Nothing is guessed: what one name and one fitting type do not decide becomes a question with its choices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.app.workspace.workspace_databases import bare
from shared.app.workspace.workspace_schemas import IDEAS, SCHEMAS, SELF, Column
from shared.core.pages.marks import INSTEAD
from shared.core.text.outgoing_text import fold

Json = Mapping[str, Any]

ADD, LEAVE_OUT = "*add", "*leave out"  # answers beside the names of columns and options; no column is called so

_OPTION_SPELLINGS: Mapping[str, tuple[str, ...]] = {  # never of Ideas: there a status starts work
    "To do": ("todo", "to-do", "not started", "backlog", "offen", "à faire", "por hacer"),
    "Doing": ("in progress", "in arbeit", "en cours", "en curso"),
    "Blocked": ("on hold", "waiting", "blockiert"),
    "Done": ("complete", "completed", "finished", "erledigt", "fertig", "terminé", "hecho"),
    "Active": ("on", "enabled", "aktiv"),
    "Paused": ("off", "disabled", "inactive", "pausiert"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """Something only people know. `key` is what an answer is given under; an answer is one of the choices' values."""

    key: str
    text: str
    choices: tuple[tuple[str, str], ...]  # (value, what people read)


@dataclass(slots=True)
class Adoption:
    """What adopting comes to, so far."""

    columns: dict[str, str] = field(default_factory=dict)  # our name → the column's name
    options: dict[str, str] = field(default_factory=dict)  # our status → the option's name
    add_columns: list[Column] = field(default_factory=list)
    add_options: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def propose(kind: str, source: Json, answers: Mapping[str, str], sources: Mapping[str, str]) -> Adoption:
    """Return how our columns are found in a data source; without questions it can be applied.

    `answers` are by the questions' keys; `sources` are the tenant's data sources by kind, for relations.
    """
    schema: Json = source["properties"]
    known = {**sources, SELF: str(source["id"])}
    found = Adoption()
    columns = [column for column in SCHEMAS[kind].columns if not column.leads_to or column.leads_to in known]
    missing = [column for column in columns if not _column(kind, column, schema, answers, found, known)]
    _missing(kind, missing, answers, found)
    if "Status" in found.columns:
        _options(kind, schema[found.columns["Status"]], answers, found)
    return found


def changes_of(kind: str, source: Json, found: Adoption, sources: Mapping[str, str]) -> dict[str, Any]:
    """Return the properties to send so that the columns and options people agreed to are added; {} for none."""
    schema: Json = source["properties"]
    known = {**sources, SELF: str(source["id"])}
    changes: dict[str, Any] = {_free_name(c, schema): c.config(known) for c in found.add_columns}
    if found.add_options:
        name = found.columns["Status"]
        status = schema[name]
        kept = [{"id": option["id"], "name": option["name"]} for option in status[status["type"]]["options"]]
        changes[name] = {status["type"]: {"options": [*kept, *({"name": each} for each in found.add_options)]}}
    return changes


def _column(
    kind: str, column: Column, schema: Json, answers: Mapping[str, str], found: Adoption, sources: Mapping[str, str]
) -> bool:
    """Find one column or ask for it; False when it is simply not there and may be added together with others."""
    taken = set(found.columns.values())
    fitting = [name for name, prop in schema.items() if name not in taken and _fits(column, prop, sources)]
    key = f"{kind}.{column.name}"
    answer = answers.get(key, "")
    if answer in fitting:
        found.columns[column.name] = answer
        return True
    if answer == LEAVE_OUT and not column.required:
        return True
    named = [name for name in fitting if fold(name) in _names(column)]
    exact = [name for name in named if fold(name) == fold(column.name)]
    sure = exact if len(exact) == 1 else named
    if column.type == "title":
        sure = fitting
    if len(sure) == 1:
        found.columns[column.name] = sure[0]
        return True
    if answer == ADD:  # after the search: once it is added, it is found
        found.add_columns.append(column)
        return True
    unfit = [name for name, prop in schema.items() if fold(name) in _names(column) and prop["type"] not in column.types]
    if not named and not unfit and not (column.required and fitting):
        return False
    found.questions.append(_ask_for_column(kind, column, named or fitting, unfit, schema))
    return True


def _names(column: Column) -> frozenset[str]:
    own = fold(column.name)
    return frozenset({own, f"{own} (workwright)", *(fold(each) for each in column.spellings)})


def _ask_for_column(kind: str, column: Column, fitting: Sequence[str], unfit: Sequence[str], schema: Json) -> Question:
    text = f"Which column of this database is “{column.name}” ({_types(column)})?"
    if unfit:
        of_type = ", ".join(f"“{name}” is {_article(schema[name]['type'])}" for name in unfit)
        text += f" {of_type}, which does not fit."
    choices = [(name, name) for name in fitting]
    choices.append((ADD, f"Add a column {_free_name(column, schema)}"))
    if not column.required:
        choices.append((LEAVE_OUT, "Do without it"))
    return Question(f"{kind}.{column.name}", text, tuple(choices))


def _missing(kind: str, missing: Sequence[Column], answers: Mapping[str, str], found: Adoption) -> None:
    """Ask once for everything that is simply not there."""
    if all(column.later for column in missing):
        return
    key = f"{kind}.columns"
    required = any(column.required for column in missing)
    if answers.get(key) == ADD:
        found.add_columns += missing
    elif answers.get(key) != LEAVE_OUT or required:
        names = ", ".join(column.name for column in missing)
        choices = ((ADD, "Add them"),) + (() if required else ((LEAVE_OUT, "Do without them"),))
        found.questions.append(Question(key, f"This database has no columns for: {names}. Add them?", choices))


def _fits(column: Column, theirs: Json, sources: Mapping[str, str]) -> bool:
    """Say whether a column of theirs can hold what ours does; a relation has to lead to the same rows."""
    if theirs["type"] not in column.types:
        return False
    leads_to = str((theirs.get("relation") or {}).get("data_source_id", ""))
    return not column.leads_to or bare(leads_to) == bare(sources[column.leads_to])


def _options(kind: str, status: Json, answers: Mapping[str, str], found: Adoption) -> None:
    """Find our statuses among the options of theirs; ask once for those that are not there."""
    have = [str(choice["name"]) for choice in status[status["type"]].get("options") or ()]
    column = SCHEMAS[kind].column("Status")
    lacking = []
    for ours in column.options if column else ():
        answer = answers.get(f"{kind}.Status.{ours}", "")
        option = answer if answer in have else _option(kind, ours, have)
        if option and not (kind == IDEAS and option in found.options.values()):  # one option cannot ask and decide
            found.options[ours] = option
        else:
            lacking.append(ours)
    key = f"{kind}.options"
    asked = [ours for ours in lacking if ours not in INSTEAD]  # for the rest there is another: nobody is asked for them
    if asked and answers.get(key) == ADD:
        found.add_options = lacking
        found.options |= {ours: ours for ours in lacking}
    elif asked:
        text = f"The status of this database has no {', '.join(f'“{each}”' for each in lacking)}. Add them?"
        more = f"Choose others with answers like “{kind}.Status.{lacking[0]}”: “{have[0] if have else '…'}”."
        found.questions.append(Question(key, f"{text} {more}", ((ADD, "Add them"),)))


def _option(kind: str, ours: str, have: Sequence[str]) -> str:
    own = [name for name in have if fold(name) == fold(ours)]
    spelled = [] if kind == IDEAS else [n for n in have if fold(n) in _OPTION_SPELLINGS.get(ours, ())]
    sure = own or spelled
    return sure[0] if len(sure) == 1 else ""


def _free_name(column: Column, schema: Json) -> str:
    return f"{column.name} (Workwright)" if column.name in schema else column.name


def _types(column: Column) -> str:
    return " or ".join(kind.replace("_", " ") for kind in column.types)


def _article(kind: str) -> str:
    words = kind.replace("_", " ")
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
