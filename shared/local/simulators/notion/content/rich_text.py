"""Rich text: checks what is written and completes it to what is read."""

from collections.abc import Callable
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.refusals import invalid

Json = dict[str, Any]
NameOf = Callable[[str, str], str]  # (kind, id) -> what a mention shows

_PLAIN: Json = {
    "bold": False,
    "italic": False,
    "strikethrough": False,
    "underline": False,
    "code": False,
    "color": "default",
}
_ITEM_KEYS = ("type", "annotations", "text", "equation", "mention")
_MENTIONS = ("user", "date", "page", "database", "template_mention", "custom_emoji")


def _give_no_name(kind: str, object_id: str) -> str:
    return "Untitled"


def rich_text(value: Any, path: str, name_of: NameOf = _give_no_name) -> list[Json]:
    """Take a rich text array as written; return it as it reads back."""
    return [_item(item, f"{path}[{index}]", name_of) for index, item in enumerate(checks.array(value, path))]


def from_plain(text: str) -> list[Json]:
    """Cut plain text into rich text items no longer than Notion allows; read shape."""
    pieces = [text[start : start + 1000] for start in range(0, len(text), 1000)]
    return rich_text([{"text": {"content": piece}} for piece in pieces], "body")


def plain(items: list[Json]) -> str:
    """Return the text a person sees."""
    return "".join(item["plain_text"] for item in items)


def _item(value: Any, path: str, name_of: NameOf) -> Json:
    given = checks.check_exact(value, path, _ITEM_KEYS)
    kinds = [kind for kind in ("text", "equation", "mention") if kind in given]
    if not kinds:
        raise invalid(f"{path}.{given.get('type', 'text')}", "defined", ...)
    if len(kinds) > 1:
        raise invalid(f"{path}.{kinds[1]}", "not present", given[kinds[1]])
    kind = kinds[0]
    if "type" in given:
        checks.one_of(given["type"], f"{path}.type", (kind,))
    taken = {"text": _text, "equation": _equation, "mention": _mention}[kind](given[kind], f"{path}.{kind}", name_of)
    return {"type": kind, kind: taken[0], "annotations": _annotations(given, path), **taken[1]}


def _annotations(given: Json, path: str) -> Json:
    if "annotations" not in given:
        return dict(_PLAIN)
    annotations = checks.check_exact(given["annotations"], f"{path}.annotations", tuple(_PLAIN))
    for key, value in annotations.items():
        if key == "color":
            checks.one_of(value, f"{path}.annotations.color", checks.TEXT_COLORS)
        else:
            checks.boolean(value, f"{path}.annotations.{key}")
    return {**_PLAIN, **annotations}


def _text(value: Any, path: str, name_of: NameOf) -> tuple[Json, Json]:
    given = checks.check_exact(value, path, ("content", "link"), ("content",))
    content = checks.string(given["content"], f"{path}.content", checks.LONGEST_TEXT)
    link = given.get("link")
    if link is not None:
        checks.check_exact(link, f"{path}.link", ("url", "type"), ("url",))
        link = {"url": checks.url(link["url"], f"{path}.link.url")}
    return {"content": content, "link": link}, {"plain_text": content, "href": link["url"] if link else None}


def _equation(value: Any, path: str, name_of: NameOf) -> tuple[Json, Json]:
    given = checks.check_exact(value, path, ("expression",), ("expression",))
    expression = checks.string(given["expression"], f"{path}.expression", 1000)
    return {"expression": expression}, {"plain_text": expression, "href": None}


def _mention(value: Any, path: str, name_of: NameOf) -> tuple[Json, Json]:
    given = checks.check_exact(value, path, ("type", *_MENTIONS))
    kind = next((kind for kind in _MENTIONS if kind in given), None)
    if kind is None:
        raise invalid(f"{path}.user", "defined", ...)
    inner = f"{path}.{kind}"
    if kind == "date":
        date = checks.date_value(given["date"], inner)
        return {"type": "date", "date": date}, {"plain_text": date["start"], "href": None}
    if kind == "template_mention":
        return {"type": kind, kind: _template_mention(given[kind], inner)}, {"plain_text": "@", "href": None}
    target = checks.object_id(checks.check_object(given[kind], inner, ("id",))["id"], f"{inner}.id")
    shown = name_of(kind, target)
    if kind == "custom_emoji":
        emoji = {"id": target, "name": shown, "url": name_of("custom_emoji address", target)}
        return {"type": kind, kind: emoji}, {"plain_text": f":{shown}:", "href": None}
    if kind == "user":
        user = {"object": "user", "id": target}
        return {"type": "user", "user": user}, {"plain_text": f"@{shown}", "href": None}
    href = f"https://www.notion.so/{target.replace('-', '')}"
    return {"type": kind, kind: {"id": target}}, {"plain_text": shown, "href": href}


def _template_mention(value: Any, path: str) -> Json:
    kinds = {"template_mention_date": ("today", "now"), "template_mention_user": ("me",)}
    given = checks.check_exact(value, path, ("type", *kinds))
    kind = next((kind for kind in kinds if kind in given), None)
    if kind is None:
        raise invalid(f"{path}.template_mention_date", "defined", ...)
    return {"type": kind, kind: checks.one_of(given[kind], f"{path}.{kind}", kinds[kind])}
