"""Blocks as Notion's Markdown: what a read of a page's Markdown shows, and what an edit compares."""

import re
from typing import Any

from shared.local.simulators.notion.content import signed_files
from shared.local.simulators.notion.markdown.markdown_inline import color_out, quote_attribute, write_inline
from shared.local.simulators.notion.world import World

Json = dict[str, Any]

_SIGNS = {"bulleted_list_item": "- ", "numbered_list_item": "1. ", "quote": "> "}
_MEDIA = ("file", "video", "audio", "pdf")
_LINE_START = re.compile(r"(?=[-+] |#{1,6} |:::|---)|(?<=\d)(?=[.)] )")
MAX_UNKNOWN = 100


class Writer:
    """Writes trees of stored or of freshly checked blocks; after `cap` blocks the rest is only named."""

    def __init__(self, world: World, cap: int, signs: bool = True) -> None:
        self.world = world
        self.signs = signs  # without, an uploaded file is named by its id, so that texts can be compared
        self.left = cap
        self.truncated = False
        self.unknown: list[str] = []

    def children(self, parent: Json) -> list[Json]:
        """Return what lies below: stored blocks by their ids, checked ones as they are."""
        below = (self.world.nodes[child] if isinstance(child, str) else child for child in parent["children"])
        found = [self.world.nodes[child["ref"]] if "ref" in child else child for child in below]
        return [child for child in found if not child.get("in_trash")]

    def below(self, parent: Json, depth: int = 0) -> list[str]:
        """Write everything below a page or block."""
        return [line for child in self.children(parent) for line in self.block(child, depth)]

    def block(self, node: Json, depth: int = 0) -> list[str]:
        """Write one block and what is below it as lines."""
        if self.left <= 0:
            self.truncated = True
            return self._indent_lines(depth, [self._write_unknown(node)])
        self.left -= 1
        if node.get("object", "block") != "block":
            return self._indent_lines(depth, [self._child(node)])
        kind, data = node["type"], node["data"]
        if kind == "code":
            return self._code(data, depth)
        if kind in ("toggle", "callout", "table", "column_list", "column", "synced_block"):
            return self._container(node, kind, data, depth)
        line = self._line(node, kind, data)
        return self._indent_lines(depth, line) + self.below(node, depth + 1)

    @staticmethod
    def _indent_lines(depth: int, lines: list[str]) -> list[str]:
        return ["\t" * depth + line for line in lines]

    def _rich(self, items: list[Json]) -> str:
        return write_inline(items, self.world.simulator.base_url)

    def _line(self, node: Json, kind: str, data: Json) -> list[str]:
        text = self._rich(data.get("rich_text", []))
        look = self._look(data)
        if kind == "paragraph":
            return [_escape_line_start(text) + look if text else "<empty-block/>"]
        if kind.startswith("heading_"):
            return [f"{'#' * int(kind[-1])} {text}{look}"]
        if kind == "to_do":
            return [f"- [{'x' if data['checked'] else ' '}] {text}{look}"]
        if kind in _SIGNS:
            return [f"{_SIGNS[kind]}{text}{look}"]
        if kind == "divider":
            return ["---"]
        if kind == "equation":
            return ["$$", *data["expression"].split("\n"), "$$"]
        if kind == "table_of_contents":
            return [f"<table_of_contents{self._color(data)}/>"]
        if kind == "image":
            return [f"![{self._rich(data['caption'])}]({self._source(data)})"]
        if kind in _MEDIA:
            return [f'<{kind} src="{quote_attribute(self._source(data))}">{self._rich(data["caption"])}</{kind}>']
        return [self._write_unknown(node)]

    def _look(self, data: Json) -> str:
        given = {"toggle": "true"} if data.get("is_toggleable") else {}
        if data.get("color", "default") != "default":
            given["color"] = color_out(data["color"])
        return " {" + " ".join(f'{key}="{value}"' for key, value in given.items()) + "}" if given else ""

    @staticmethod
    def _color(data: Json) -> str:
        return f' color="{color_out(data["color"])}"' if data.get("color", "default") != "default" else ""

    def _source(self, data: Json) -> str:
        if not self.signs and data["type"] == "file_upload":
            return str(data["file_upload"]["id"])
        shown = signed_files.read(self.world, data) or {}
        return str(shown[shown["type"]]["url"])

    def _code(self, data: Json, depth: int) -> list[str]:
        text = "".join(item["plain_text"] for item in data["rich_text"])
        fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
        lines = [f"{fence}{data['language']}", *text.split("\n"), fence]
        return self._indent_lines(depth, lines)

    def _container(self, node: Json, kind: str, data: Json, depth: int) -> list[str]:
        inner = depth + 1
        if kind == "toggle":
            text = self._rich(data["rich_text"])
            opening = [f"<details{self._color(data)}>", f"<summary>{text}</summary>"]
            return [*self._indent_lines(depth, opening), *self.below(node, inner), "\t" * depth + "</details>"]
        if kind == "table":
            return self._table(node, data, depth)
        if kind == "callout":
            icon = (data.get("icon") or {}).get("emoji")
            sign = f' icon="{quote_attribute(icon)}"' if icon else ""
            text = _escape_line_start(self._rich(data["rich_text"]))
            first = ["\t" * inner + (text or "<empty-block/>")] if text or node["children"] else []
            head = "\t" * depth + f"<callout{sign}{self._color(data)}>"
            return [head, *first, *self.below(node, inner), "\t" * depth + "</callout>"]
        tag = {"column_list": "columns", "column": "column"}.get(kind, "synced_block")
        attribute = ""
        if kind == "synced_block":
            source = (data["synced_from"] or {}).get("block_id") or node.get("id", "")
            tag = "synced_block_reference" if data["synced_from"] else tag
            attribute = f' url="{self.world.simulator.base_url}/b/{source}"'
        below = self.below(node, inner)
        return ["\t" * depth + f"<{tag}{attribute}>", *below, "\t" * depth + f"</{tag}>"]

    def _table(self, node: Json, data: Json, depth: int) -> list[str]:
        flags = {"header-row": data["has_column_header"], "header-column": data["has_row_header"]}
        lines = ["<table" + "".join(f' {key}="{str(value).lower()}"' for key, value in flags.items()) + ">"]
        for row in self.children(node):
            self.left -= 1
            lines += ["<tr>", *(f"<td>{self._rich(cell)}</td>" for cell in row["data"]["cells"]), "</tr>"]
        return self._indent_lines(depth, [*lines, "</table>"])

    def _child(self, node: Json) -> str:
        tag = "page" if node["object"] == "page" else "database"
        address = f"{self.world.simulator.base_url}/p/{node['id']}"
        return f'<{tag} url="{address}">{quote_attribute(self.world.title(node))}</{tag}>'

    def _write_unknown(self, node: Json) -> str:
        if len(self.unknown) < MAX_UNKNOWN:
            self.unknown.append(node["id"])
        kind = node.get("type", node["object"])
        return f'<unknown url="{self.world.simulator.base_url}/b/{node["id"]}" alt="{kind}"/>'


def _escape_line_start(text: str) -> str:
    """Escape what would make a heading or a list of a line that is neither."""
    starts = re.match(r"[-+] |#{1,6} |:::|---|\d+[.)] ", text)
    return _LINE_START.sub(r"\\", text, count=1) if starts else text
