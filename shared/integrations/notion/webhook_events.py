"""What a webhook says happened: one dataclass per family of events. Ids only; what is not known is kept as it came.

The types are those of notion-api: webhooks. A type that is not in TYPES is an `Unknown`, never an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Who = tuple[str, str]
"""An id and what kind of being or thing it names."""

_BY_FAMILY = {
    "page": (
        "created", "deleted", "undeleted", "moved", "locked", "unlocked", "content_updated", "properties_updated",
        "transcription_block.transcript_deleted",
    ),
    "database": ("created", "deleted", "undeleted", "moved", "content_updated", "schema_updated"),
    "data_source": ("created", "deleted", "undeleted", "moved", "content_updated", "schema_updated"),
    "comment": ("created", "updated", "deleted"),
    "view": ("created", "updated", "deleted"),
    "file_upload": ("created", "completed", "expired", "upload_failed"),
}  # fmt: skip
TYPES = frozenset(f"{family}.{what}" for family, all_of_it in _BY_FAMILY.items() for what in all_of_it)


@dataclass(frozen=True, slots=True)
class Parent:
    """Where the entity is: kind space, block, page, database, team or agent; the data source of a row."""

    id: str = ""
    kind: str = ""
    data_source: str = ""


@dataclass(frozen=True, slots=True)
class PageEvent:
    """A page came, went, moved, or changed: which blocks, which properties (by id; "title" is the name)."""

    parent: Parent
    blocks: tuple[Who, ...] = ()
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TranscriptEvent:
    """The transcript of a meeting was deleted."""

    target: Who
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A column was created, updated or deleted."""

    id: str
    name: str
    action: str


@dataclass(frozen=True, slots=True)
class TableEvent:
    """A database or data source came, went, moved, or changed: its rows, or its columns."""

    parent: Parent
    blocks: tuple[Who, ...] = ()
    columns: tuple[PropertyChange, ...] = ()


@dataclass(frozen=True, slots=True)
class CommentEvent:
    """A comment came, changed or went; `page` is the page it is on, wherever on it."""

    parent: Parent
    page: str = ""


@dataclass(frozen=True, slots=True)
class ViewEvent:
    """A view came, went, or changed: which fields of name, filter, sorts, configuration."""

    parent: Parent
    view_type: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UploadEvent:
    """A file upload came, was completed, expired or failed; `error` is why, as the system says it."""

    outcome: str = ""  # "success" or "error", of an import from an address
    error: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A type that is newer than this code."""

    data: Mapping[str, Any] = field(default_factory=dict)


Event = PageEvent | TranscriptEvent | TableEvent | CommentEvent | ViewEvent | UploadEvent | Unknown


def read_event(kind: str, data: Mapping[str, Any]) -> Event:
    """Return what `data` says for an event of this type. Fields that are missing or odd are read as empty."""
    parent = read_parent(data)
    if kind == "page.transcription_block.transcript_deleted":
        return TranscriptEvent(_read_author(data.get("target")), text(data, "transcript_id"))
    if kind not in TYPES:
        return Unknown(dict(data))
    match kind.partition(".")[0]:
        case "page":
            return PageEvent(parent, _things(data.get("updated_blocks")), _names(data.get("updated_properties")))
        case "database" | "data_source":
            columns = _changes(data.get("updated_properties"))
            return TableEvent(parent, _things(data.get("updated_blocks")), columns)
        case "comment":
            return CommentEvent(parent, text(data, "page_id"))
        case "view":
            return ViewEvent(parent, text(data, "view_type"), _names(data.get("updated_fields")))
        case _:
            return _upload(mapping(data.get("file_import_result")))


def read_parent(data: Mapping[str, Any]) -> Parent:
    """Return where the entity is."""
    parent = mapping(data.get("parent"))
    return Parent(text(parent, "id"), text(parent, "type"), text(parent, "data_source_id"))


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text(body: Mapping[str, Any], name: str) -> str:
    """Return a field that is a string, or ""."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _upload(result: Mapping[str, Any]) -> UploadEvent:
    error = mapping(result.get("error"))
    reason = ": ".join(part for part in (text(error, "type"), text(error, "message")) if part)
    return UploadEvent(text(result, "type"), reason)


def _ensure_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_author(value: Any) -> Who:
    body = mapping(value)
    return text(body, "id"), text(body, "type")


def _things(value: Any) -> tuple[Who, ...]:
    return tuple(_read_author(each) for each in _ensure_list(value) if isinstance(each, dict))


def _names(value: Any) -> tuple[str, ...]:
    return tuple(each for each in _ensure_list(value) if isinstance(each, str))


def _changes(value: Any) -> tuple[PropertyChange, ...]:
    found = [mapping(each) for each in _ensure_list(value)]
    return tuple(
        PropertyChange(text(change, "id"), text(change, "name"), text(change, "action")) for change in found if change
    )
