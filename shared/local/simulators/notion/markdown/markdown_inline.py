"""Rich text as Notion's Markdown, both ways: marks, spans, links, equations, mentions, and what has to be escaped."""

import re
from typing import Any

from shared.local.simulators.notion import checks

Json = dict[str, Any]

_SPECIAL = re.compile(r"[\\*~`$\[\]<>{}|^]")
_PUNCTUATION = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_DELIMITERS = (("**", "bold"), ("~~", "strikethrough"), ("*", "italic"))
_SPAN = re.compile(r"<span((?:\s+[a-z-]+=\"[^\"]*\")*)\s*>")
_MENTION = re.compile(r"<mention-(user|page|database|date)((?:\s+[A-Za-z-]+=\"[^\"]*\")*)\s*(?:/>|>[^<]*</mention-\1>)")
_ATTRIBUTE = re.compile(r"([A-Za-z-]+)=\"([^\"]*)\"")
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_CLOSING = {"bold": "**", "italic": "*", "strikethrough": "~~"}


def attributes(text: str) -> dict[str, str]:
    """Read `name="value"` pairs."""
    return {name: _unquote_attribute(value) for name, value in _ATTRIBUTE.findall(text)}


def quote_attribute(value: str) -> str:
    """Write the value of an attribute."""
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _unquote_attribute(value: str) -> str:
    return value.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def color_out(color: str) -> str:
    """Write a colour: a background is `_bg` here."""
    return color.replace("_background", "_bg")


def color_in(color: str | None) -> str | None:
    """Read a colour; one that does not exist is none."""
    full = (color or "").replace("_bg", "_background")
    return full if full in checks.TEXT_COLORS else None


def id_in(text: str) -> str | None:
    """Find the id an address ends with."""
    found = _UUID.findall(text)
    return checks.object_id(found[-1], "body.markdown") if found else None


def escape_text(text: str) -> str:
    """Escape what would be read as a mark; a line break inside a block is a tag."""
    return _SPECIAL.sub(lambda found: "\\" + found[0], text).replace("\n", "<br>")


def write_inline(items: list[Json], base_url: str) -> str:
    """Write rich text as one line."""
    text, stack = "", list[tuple[str, str]]()
    for marks, piece in (part for item in items for part in _parts(item, base_url)):
        shared = 0
        while shared < min(len(stack), len(marks)) and stack[shared] == marks[shared]:
            shared += 1
        ends = "".join(_close(mark) for mark in reversed(stack[shared:]))
        starts = "".join(_open(mark) for mark in marks[shared:])
        # Stars that end one mark and stars that begin the next would be read as others.
        text += ends + ("<span></span>" if ends.endswith("*") and starts.startswith("*") else "") + starts + piece
        stack = marks
    return text + "".join(_close(mark) for mark in reversed(stack))


def _parts(item: Json, base_url: str) -> list[tuple[list[tuple[str, str]], str]]:
    """Return an item as marks and text; spaces at its edges stand outside of the marks that cannot hold them."""
    outer = [("link", item["href"])] if item["type"] == "text" and item["href"] else []
    look = item["annotations"]
    if look["color"] != "default":
        outer.append(("color", color_out(look["color"])))
    if look["underline"]:
        outer.append(("underline", ""))
    inner = [(name, "") for name in ("bold", "italic", "strikethrough") if look[name]]
    if item["type"] != "text":
        return [([*outer, *inner], _special(item, base_url))]
    content = str(item["text"]["content"])
    core = content.strip()
    if not core:
        return [(outer, escape_text(content))] if content else []
    start = content.index(core[0]) if core else 0
    before, after = content[:start], content[start + len(core) :]
    body = _code(core) if look["code"] else escape_text(core)
    parts = [(outer, escape_text(before)), ([*outer, *inner], body), (outer, escape_text(after))]
    return [(marks, piece) for marks, piece in parts if piece]


def _special(item: Json, base_url: str) -> str:
    if item["type"] == "equation":
        expression = item["equation"]["expression"]
        return f"$`{expression}`$" if "$" in expression or expression != expression.strip() else f"${expression}$"
    mention = item["mention"]
    kind = mention["type"]
    if kind == "date":
        date = mention["date"]
        given = {"start": date["start"], "end": date["end"], "timeZone": date["time_zone"]}
        return "<mention-date" + "".join(f' {k}="{quote_attribute(v)}"' for k, v in given.items() if v) + "/>"
    if kind in ("user", "page", "database"):
        return f'<mention-{kind} url="{base_url}/{"u" if kind == "user" else "p"}/{mention[kind]["id"]}"/>'
    return escape_text(item["plain_text"])


def _code(text: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{edge}{text}{edge}{fence}".replace("\n", f"{fence}<br>{fence}")


def _open(mark: tuple[str, str]) -> str:
    kind, value = mark
    if kind == "color":
        return f'<span color="{value}">'
    return {"link": "[", "underline": '<span underline="true">'}.get(kind) or _CLOSING[kind]


def _close(mark: tuple[str, str]) -> str:
    kind, value = mark
    if kind == "link":
        return "](" + re.sub(r"[\\()\s]", lambda found: "\\" + found[0], value) + ")"
    return "</span>" if kind in ("color", "underline") else _CLOSING[kind]


def read(text: str) -> list[Json]:
    """Read one line of rich text into the shape a write takes."""
    return _Reader(text, {}).run()


class _Reader:
    """Walks over a line once; marks are switches, so that neighbours need not nest."""

    def __init__(self, text: str, marks: Json) -> None:
        self.text = text
        self.at = 0
        self.marks = dict(marks)
        self.spans: list[Json] = []
        self.items: list[Json] = []
        self.buffer = ""

    def run(self) -> list[Json]:
        while self.at < len(self.text):
            if not (self._escape() or self._raw() or self._tag() or self._link() or self._delimiter()):
                self.buffer += self.text[self.at]
                self.at += 1
        self._flush()
        return self.items

    def _flush(self) -> None:
        for piece in checks.pieces(self.buffer):
            link = self.marks.get("link")
            inner = {"content": piece, **({"link": {"url": link}} if link else {})}
            self.items.append({"type": "text", "text": inner, **self._look()})
        self.buffer = ""

    def _look(self) -> Json:
        look = {key: value for key, value in self.marks.items() if key != "link" and value}
        return {"annotations": look} if look else {}

    def _escape(self) -> bool:
        following = self.text[self.at + 1 : self.at + 2]
        if self.text[self.at] != "\\" or following not in _PUNCTUATION or not following:
            return False
        self.buffer += following
        self.at += 2
        return True

    def _raw(self) -> bool:
        """Code and equations: nothing inside them is read."""
        rest = self.text[self.at :]
        if found := re.match(r"\$`(.+?)`\$", rest) or re.match(r"\$(?=\S)((?:[^$\\]|\\.)+?)(?<=\S)\$", rest):
            self._flush()
            self.items.append({"type": "equation", "equation": {"expression": found[1]}, **self._look()})
        elif found := re.match(r"(`+)(.+?)(?<!`)\1(?!`)", rest):
            inner = found[2]
            if inner.startswith(" `") or inner.endswith("` "):
                inner = inner[1:-1]
            self._flush()
            before, self.marks = self.marks, {**self.marks, "code": True}
            self.buffer = inner
            self._flush()
            self.marks = before
        else:
            return False
        self.at += len(found[0])
        return True

    def _tag(self) -> bool:
        rest = self.text[self.at :]
        if found := re.match(r"<br\s*/?>", rest):
            self.buffer += "\n"
        elif (found := _SPAN.match(rest)) and "</span>" in rest:
            self._flush()
            self.spans.append(dict(self.marks))
            given = attributes(found[1])
            self.marks["color"] = color_in(given.get("color")) or self.marks.get("color")
            self.marks["underline"] = given.get("underline") == "true" or self.marks.get("underline", False)
        elif self.spans and rest.startswith("</span>"):
            self._flush()
            before = self.spans.pop()
            self.marks.update({key: before.get(key) for key in ("color", "underline")})
            self.at += len("</span>")
            return True
        elif (found := _MENTION.match(rest)) and (mention := _mention(found[1], attributes(found[2]))):
            self._flush()
            self.items.append({"type": "mention", "mention": mention, **self._look()})
        else:
            return False
        self.at += len(found[0])
        return True

    def _link(self) -> bool:
        if self.text[self.at] != "[" or self.marks.get("link"):
            return False
        end = _matching(self.text, self.at, "[", "]")
        if end is None or self.text[end + 1 : end + 2] != "(":
            return False
        last = _matching(self.text, end + 1, "(", ")")
        if last is None or last == end + 2:
            return False
        self._flush()
        url = re.sub(r"\\([\\()\s])", r"\1", self.text[end + 2 : last])
        self.items += _Reader(self.text[self.at + 1 : end], {**self.marks, "link": url}).run()
        self.at = last + 1
        return True

    def _delimiter(self) -> bool:
        for sign, mark in _DELIMITERS:
            if not self.text.startswith(sign, self.at):
                continue
            after = self.text[self.at + len(sign) : self.at + len(sign) + 1]
            if self.marks.get(mark):
                if self.at and self.text[self.at - 1].isspace():
                    continue
            elif not after or after.isspace() or sign not in self.text[self.at + len(sign) + 1 :]:
                continue
            self._flush()
            self.marks[mark] = not self.marks.get(mark)
            self.at += len(sign)
            return True
        return False


def _matching(text: str, start: int, opening: str, closing: str) -> int | None:
    depth, at = 0, start
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == opening:
            depth += 1
        elif text[at] == closing:
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return None


def _mention(kind: str, given: dict[str, str]) -> Json | None:
    if kind == "date":
        if "start" not in given:
            return None
        date = {"start": given["start"], "end": given.get("end"), "time_zone": given.get("timeZone")}
        return {"type": "date", "date": {key: value for key, value in date.items() if value}}
    target = id_in(given.get("url", ""))
    return {"type": kind, kind: {"id": target}} if target else None
