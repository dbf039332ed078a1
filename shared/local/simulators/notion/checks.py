"""Closed shapes: checks of one value each, which name the path of what they refuse as Notion does."""

import re
import uuid
from collections.abc import Collection
from typing import Any

from shared.local.simulators.notion.refusals import invalid

Json = dict[str, Any]

COLORS = ("default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")
TEXT_COLORS = COLORS + tuple(f"{color}_background" for color in COLORS)
MAX_ITEMS = 100
LONGEST_TEXT = 2000
LONGEST_SHORT = 100
LONGEST_URL = 2000

_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?")


def length(text: str) -> int:
    """Count UTF-16 units: the server behind the API counts as JavaScript does."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pieces(text: str) -> list[str]:
    """Cut text where it would be refused as too long, never between the two halves of one character."""
    cut, piece, size = list[str](), "", 0
    for letter in text:
        width = 2 if ord(letter) > 0xFFFF else 1
        if size + width > LONGEST_TEXT:
            cut.append(piece)
            piece, size = "", 0
        piece, size = piece + letter, size + width
    return [*cut, piece] if piece else cut


def check_exact(value: Any, path: str, allowed: Collection[str], required: Collection[str] = ()) -> Json:
    """Take an object that has no other keys than these."""
    obj = check_object(value, path, required)
    for key in obj:
        if key not in allowed:
            raise invalid(f"{path}.{key}", "not present", obj[key])
    return obj


def check_object(value: Any, path: str, required: Collection[str] = ()) -> Json:
    """Take an object, whatever else is in it."""
    if not isinstance(value, dict):
        raise invalid(path, "an object", value)
    for key in required:
        if key not in value:
            raise invalid(f"{path}.{key}", "defined", ...)
    return value


def array(value: Any, path: str, max_items: int = MAX_ITEMS, min_items: int = 0) -> list[Any]:
    """Take a list of bounded length."""
    if not isinstance(value, list):
        raise invalid(path, "an array", value)
    if len(value) > max_items:
        raise invalid(f"{path}.length", f"≤ `{max_items}`", len(value))
    if len(value) < min_items:
        raise invalid(f"{path}.length", f"≥ `{min_items}`", len(value))
    return value


def string(value: Any, path: str, max_length: int | None = None, min_length: int = 0) -> str:
    """Take a string of bounded length."""
    if not isinstance(value, str):
        raise invalid(path, "a string", value)
    if max_length is not None and length(value) > max_length:
        raise invalid(f"{path}.length", f"≤ `{max_length}`", length(value))
    if length(value) < min_length:
        raise invalid(f"{path}.length", f"≥ `{min_length}`", length(value))
    return value


def url(value: Any, path: str) -> str:
    """Take an address."""
    return string(value, path, LONGEST_URL, 1)


def boolean(value: Any, path: str) -> bool:
    """Take true or false, and nothing that only looks like it."""
    if not isinstance(value, bool):
        raise invalid(path, "a boolean", value)
    return value


def number(value: Any, path: str) -> int | float:
    """Take a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(path, "a number", value)
    return value


def one_of(value: Any, path: str, options: Collection[str]) -> str:
    """Take one of the listed strings."""
    if value not in options or not isinstance(value, str):
        listed = ", ".join(f'`"{option}"`' for option in options)
        raise invalid(path, f"one of {listed}" if len(options) > 1 else listed, value)
    return value


def object_id(value: Any, path: str) -> str:
    """Take an id with or without dashes; return it with dashes."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise invalid(path, "a valid uuid", value)
    return str(uuid.UUID(value))


def date_text(value: Any, path: str) -> str:
    """Take an ISO 8601 date or date with time."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise invalid(path, "a valid ISO 8601 date string", value)
    return value


def date_value(value: Any, path: str) -> Json:
    """Take `{start, end?, time_zone?}`; return it in full."""
    given = check_exact(value, path, ("start", "end", "time_zone"), ("start",))
    end, zone = given.get("end"), given.get("time_zone")
    return {
        "start": date_text(given["start"], f"{path}.start"),
        "end": None if end is None else date_text(end, f"{path}.end"),
        "time_zone": None if zone is None else string(zone, f"{path}.time_zone", 100, 1),
    }


def icon(value: Any, path: str) -> Json | None:
    """Take an icon as it may be written, or null."""
    if value is None:
        return None
    given = check_exact(value, path, ("type", "emoji", "external", "file_upload", "custom_emoji", "icon"))
    if "emoji" in given:
        return {"type": "emoji", "emoji": string(given["emoji"], f"{path}.emoji", 100, 1)}
    if "external" in given:
        return {"type": "external", "external": _external(given["external"], f"{path}.external")}
    if "icon" in given:
        named = check_exact(given["icon"], f"{path}.icon", ("name", "color"), ("name",))
        color = one_of(named.get("color", "gray"), f"{path}.icon.color", COLORS[1:])
        return {"type": "icon", "icon": {"name": string(named["name"], f"{path}.icon.name", 100, 1), "color": color}}
    if "custom_emoji" in given:
        emoji = check_exact(given["custom_emoji"], f"{path}.custom_emoji", ("id", "name", "url"), ("id",))
        return {"type": "custom_emoji", "custom_emoji": {"id": object_id(emoji["id"], f"{path}.custom_emoji.id")}}
    if "file_upload" in given:
        return upload(given["file_upload"], f"{path}.file_upload")
    raise invalid(f"{path}.emoji", "defined", ...)


def upload(value: Any, path: str) -> Json:
    """Take `{id}` of a file upload; whether there is one is for the caller to see."""
    given = check_exact(value, path, ("id",), ("id",))
    return {"type": "file_upload", "file_upload": {"id": object_id(given["id"], f"{path}.id")}}


def cover(value: Any, path: str) -> Json | None:
    """Take a cover as it may be written, or null."""
    if value is None:
        return None
    given = check_exact(value, path, ("type", "external", "file_upload"))
    if "file_upload" in given:
        return upload(given["file_upload"], f"{path}.file_upload")
    if "external" not in given:
        raise invalid(f"{path}.external", "defined", ...)
    return {"type": "external", "external": _external(given["external"], f"{path}.external")}


def _external(value: Any, path: str) -> Json:
    return {"url": url(check_exact(value, path, ("url",), ("url",))["url"], f"{path}.url")}
