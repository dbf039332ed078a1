"""What the simulated Slack refuses in a message: text, blocks, buttons, metadata out of shape or too large."""

from typing import Any

Json = dict[str, Any]

MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_ELEMENTS = 25
_KINDS = {
    "actions",
    "context",
    "divider",
    "header",
    "image",
    "rich_text",
    "section",
    "markdown",
    "video",
    "file",
    "input",
}


class Invalid(Exception):
    """An error by the name Slack gives it."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


def _wrong(path: str, problem: str) -> Invalid:
    words = f"[ERROR] {problem} [json-pointer:{path}]"
    return Invalid("invalid_blocks", errors=[problem], response_metadata={"messages": [words]})


def check_blocks(blocks: Any) -> list[Json] | None:
    """Return the blocks of a message, each within its limits."""
    if blocks is None:
        return None
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Invalid("invalid_blocks_format")
    if len(blocks) > MAX_BLOCKS:
        raise _wrong("/blocks", f"no more than {MAX_BLOCKS} items allowed")
    names: set[str] = set()
    for number, block in enumerate(blocks):
        path = f"/blocks/{number}"
        name = block.get("block_id")
        if name is not None and (not isinstance(name, str) or len(name) > 255 or name in names):
            raise _wrong(f"{path}/block_id", "`block_id` must be unique and shorter than 256 characters")
        names |= {name} if name else set()
        _check_block(path, block)
    return blocks


def _check_block(path: str, block: Json) -> None:
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _wrong(f"{path}/type", f"unsupported type: {kind}")
    if kind == "section":
        fields = block.get("fields", [])
        if "text" not in block and not fields:
            raise _wrong(path, "missing required field: text or fields")
        if not isinstance(fields, list) or len(fields) > 10:
            raise _wrong(f"{path}/fields", "no more than 10 items allowed")
        if "text" in block:
            _check_text(f"{path}/text", block["text"], 3000)
        for number, field in enumerate(fields):
            _check_text(f"{path}/fields/{number}", field, 2000)
        if "accessory" in block:
            _check_element(f"{path}/accessory", block["accessory"])
    elif kind == "header":
        _check_text(f"{path}/text", block.get("text"), 150, plain=True)
    elif kind == "context":
        _check_context(path, block)
    elif kind == "actions":
        elements = block.get("elements")
        if not isinstance(elements, list) or not 1 <= len(elements) <= MAX_ELEMENTS:
            raise _wrong(f"{path}/elements", f"must have 1 to {MAX_ELEMENTS} items")
        for number, element in enumerate(elements):
            _check_element(f"{path}/elements/{number}", element)
        ids = [element.get("action_id") for element in elements if element.get("action_id")]
        if len(set(ids)) != len(ids):
            raise _wrong(f"{path}/elements", "`action_id` must be unique within a block")


def _check_context(path: str, block: Json) -> None:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        raise _wrong(f"{path}/elements", "must have 1 to 10 items")
    for number, element in enumerate(elements):
        if not isinstance(element, dict) or element.get("type") != "image":
            _check_text(f"{path}/elements/{number}", element, 3000)


def _check_text(path: str, text: Any, max_length: int, plain: bool = False) -> None:
    if not isinstance(text, dict) or text.get("type") not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        raise _wrong(path, "must be a text object" + (" of type plain_text" if plain else ""))
    words = text.get("text")
    if not isinstance(words, str) or not words:
        raise _wrong(f"{path}/text", "must be more than 0 characters")
    if len(words) > max_length:
        raise _wrong(f"{path}/text", f"must be less than {max_length + 1} characters")
    unknown = set(text) - {"type", "text", "emoji", "verbatim"}
    if unknown:
        raise _wrong(path, f"additional property not allowed: {sorted(unknown)[0]}")


_BUTTON = {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"}


def _check_element(path: str, element: Any) -> None:
    if not isinstance(element, dict) or not isinstance(element.get("type"), str):
        raise _wrong(path, "must be an element")
    if element["type"] != "button":
        return
    unknown = set(element) - _BUTTON
    if unknown:
        raise _wrong(path, f"additional property not allowed: {sorted(unknown)[0]}")
    _check_text(f"{path}/text", element.get("text"), 75, plain=True)
    for key, max_length in (("value", 2000), ("action_id", 255), ("url", 3000)):
        value = element.get(key)
        if value is not None and (not isinstance(value, str) or len(value) > max_length):
            raise _wrong(f"{path}/{key}", f"must be less than {max_length + 1} characters")
    if element.get("style") not in (None, "primary", "danger"):
        raise _wrong(f"{path}/style", "must be primary or danger")
    confirm = element.get("confirm")
    if confirm is not None:
        if not isinstance(confirm, dict):
            raise _wrong(f"{path}/confirm", "must be a confirmation object")
        _check_text(f"{path}/confirm/title", confirm.get("title"), 100, plain=True)
        _check_text(f"{path}/confirm/text", confirm.get("text"), 300)
        for key in ("confirm", "deny"):
            _check_text(f"{path}/confirm/{key}", confirm.get(key), 30, plain=True)


def check_metadata(metadata: Any) -> Json | None:
    """Return a message's metadata: a type and a payload of the app's own."""
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise Invalid("invalid_metadata_format")
    if not isinstance(metadata["event_type"], str) or not metadata["event_type"]:
        raise Invalid("invalid_metadata_schema")
    if not isinstance(metadata["event_payload"], dict):
        raise Invalid("invalid_metadata_schema")
    return metadata


def check_content(arguments: Json, old: Json | None = None) -> Json:
    """Return what a message says: its text, its blocks and its metadata; `old` is what it takes the place of."""
    blocks = check_blocks(arguments.get("blocks"))
    text = arguments.get("text", old["text"] if old and not blocks else "")
    if not isinstance(text, str):
        raise Invalid("invalid_arguments")
    if not text and not blocks:
        raise Invalid("no_text")
    if len(text) > MAX_TEXT:
        raise Invalid("msg_too_long")
    fields: Json = {"text": text}
    if blocks:
        fields["blocks"] = blocks
    metadata = check_metadata(arguments.get("metadata"))
    return fields | ({"metadata": metadata} if metadata else {})


def elements_named(message: Json | None, action_id: str) -> list[tuple[Json, Json]]:
    """Return the elements of a message that go by this name, each with its block before it."""
    return [
        (block, element)
        for block in (message or {}).get("blocks", [])
        for element in [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
        if element.get("action_id") == action_id
    ]
