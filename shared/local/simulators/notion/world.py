"""The simulated workspaces: a tree of pages, blocks, databases and rows; who sees what, and who changed it."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.local.simulators._change_log import Table
from shared.local.simulators._server import Simulator
from shared.local.simulators.notion.content import block_shapes
from shared.local.simulators.notion.content.rich_text import plain
from shared.local.simulators.notion.refusals import ApiError, missing, validation_error

Json = dict[str, Any]
Announce = Callable[[str, Json, "Caller", Json], None]
AnnounceFor = Callable[[str, Json, list[str], "Caller", Json], None]  # kind, entity, bots that may know, author, data

TITLE: Json = {"id": "title", "name": "title", "type": "title", "description": None, "config": {}}
MAX_BYTES_FREE = 5 * 1024**2
MAX_BYTES_PAID = 5 * 1024**3
_NAMESPACE = uuid.UUID("2b0d7b3c-51f3-4d0c-9c3e-7c3f4f1f7a10")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a bot with its grant, or a person in the app, who sees the whole workspace."""

    id: str
    kind: str  # "bot" or "person"
    workspace_id: str
    bot: Json | None = None

    @property
    def author(self) -> Json:
        """Return who it was, as webhooks and the journal write it."""
        return {"id": self.id, "type": self.kind}


def _all_of(trees: list[Json]) -> int:
    return sum(1 + _all_of(tree["children"]) for tree in trees)


class Nodes(Table):
    """All nodes by id. The rows of a table are not written with it: each row says whose it is, in their order."""

    def strip_derived(self, record: Any) -> Any:
        """Leave out the rows of a data source, so that one more row costs one more row."""
        return {**record, "children": []} if record["object"] == "data_source" else record

    def link_rows(self) -> None:
        """Give every data source its rows again."""
        for node in self.scan():
            source = node["parent"].get("data_source_id")
            if source is not None:
                dict.__getitem__(self, source)["children"].append(node["id"])

    def to_the_end(self, node: Json) -> None:
        """Put a node behind all others: where a row stands that came from elsewhere."""
        self[node["id"]] = self.pop(node["id"])


class World:
    """Reads and changes the state; knows nothing of HTTP."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.announce: Announce = lambda kind, node, caller, data: None
        self.render_file: Callable[[Json], Json] = lambda value: value
        self.announce_for: AnnounceFor = lambda kind, entity, bots, caller, data: None

    @property
    def state(self) -> Json:
        """Return the simulator's state, as it is now."""
        return self.simulator.state

    @property
    def nodes(self) -> "Nodes":
        """Return all pages, blocks, databases and data sources by id."""
        nodes: Nodes = self.state["nodes"]
        return nodes

    def number(self) -> int:
        """Return the next number of the one counter behind all ids."""
        self.state["counter"] += 1
        return int(self.state["counter"])

    def new_id(self) -> str:
        """Return a fresh id; counted, so that a run can be repeated."""
        return str(uuid.uuid5(_NAMESPACE, str(self.number())))

    def minute(self) -> str:
        """Return the present time as Notion stamps objects: to the minute."""
        return self.simulator.now().strftime("%Y-%m-%dT%H:%M:00.000Z")

    def effect(self, kind: str, caller: Caller, **detail: Any) -> None:
        """Write a change into the journal."""
        self.simulator.effect(kind, **detail, by=caller.author, workspace_id=caller.workspace_id)

    def plan(self, workspace_id: str) -> str:
        """Return the plan of a workspace: free, plus, business or enterprise."""
        return str(self.state["workspaces"][workspace_id].get("plan", "plus"))

    def file_name(self, data: Json) -> str:
        """Return the name of the upload that a block or property shows."""
        return str(self.state["uploads"][data["file_upload"]["id"]]["filename"] or "file")[:100]

    def count_blocks(self, caller: Caller, trees: list[Json], pages: int = 0) -> None:
        """Count new blocks; a free workspace of several people ends at its lifetime limit (notion-api: plans)."""
        workspace = self.state["workspaces"][caller.workspace_id]
        count = int(workspace.get("blocks", 0)) + pages + _all_of(trees)
        limit = int(self.state["config"]["free_block_limit"])
        members = [p for p in self.state["people"].values() if p["workspace_id"] == caller.workspace_id]
        limited = caller.bot is not None and self.state["connections"][caller.bot["client_id"]].get("limited", False)
        if limited and self.plan(caller.workspace_id) == "free" and len(members) > 1 and count > limit:
            raise ApiError(
                403,
                "restricted_resource",
                "This workspace has reached the block limit of its plan. Upgrade the plan to add more blocks.",
                {"block_limit": "block_creation"},
            )
        workspace["blocks"] = count

    def largest_file(self, workspace_id: str) -> int:
        """Return how many bytes one file may have there (notion-api: limits)."""
        return MAX_BYTES_FREE if self.plan(workspace_id) == "free" else MAX_BYTES_PAID

    def up(self, node: Json) -> Iterator[Json]:
        """Walk from a node to the top, the node first."""
        current: Json | None = node
        while current is not None:
            yield current
            current = self.nodes.get(str(current["parent"].get(current["parent"]["type"])))

    def sees(self, caller: Caller, node: Json) -> bool:
        """Say whether a node is shared with the caller: sharing a page shares what is below it."""
        if node["workspace_id"] != caller.workspace_id:
            return False
        return caller.bot is None or self.bot_sees(caller.bot, node)

    def bot_sees(self, bot: Json, node: Json) -> bool:
        """Say whether a node is inside what was shared with a bot."""
        if node["workspace_id"] != bot["workspace_id"] or bot.get("revoked"):
            return False
        withheld = bot.get("withheld", ())
        for above in self.up(node):  # what stands nearest decides
            if above["id"] in withheld or above["id"] in bot["roots"]:
                return above["id"] not in withheld
        return False

    def find(self, caller: Caller, object_id: str, *kinds: str) -> Json:
        """Return a node the caller may see, or refuse as Notion does for missing and unshared ones alike."""
        node: Json | None = self.nodes.get(object_id)
        if node is None or node["object"] not in kinds or not self.sees(caller, node):
            raise missing(kinds[0].replace("data_source", "data source"), object_id)
        return node

    def is_trashed(self, node: Json) -> bool:
        """Say whether a node or anything above it is in the trash."""
        return any(above["in_trash"] for above in self.up(node))

    def editable(self, node: Json) -> Json:
        """Refuse to change what is in the trash."""
        if self.is_trashed(node):
            raise validation_error("Can't edit block that is archived. You must unarchive the block before editing.")
        return node

    def page_of(self, node: Json) -> Json:
        """Return the page, or else the database, that holds a node."""
        for above in self.up(node):
            if above["object"] != "block":
                return above
        return node

    def new_node(self, kind: str, parent: Json, caller: Caller, **fields: Any) -> Json:
        """Make a node, not yet among its parent's children."""
        now = self.minute()
        node: Json = {
            "object": kind,
            "id": self.new_id(),
            "parent": parent,
            "workspace_id": caller.workspace_id,
            "children": [],
            "created_time": now,
            "last_edited_time": now,
            "created_by": caller.author,
            "last_edited_by": caller.author,
            "in_trash": False,
            **fields,
        }
        self.nodes[node["id"]] = node
        return node

    def attach(self, parent: Json, ids: list[str], at: int | None = None) -> None:
        """Put children into their parent's order."""
        where = len(parent["children"]) if at is None else at
        parent["children"][where:where] = ids

    def stamp_edit(self, node: Json, caller: Caller) -> None:
        """Stamp a node and the page it is on."""
        for stamped in (node, self.page_of(node)):
            stamped["last_edited_time"] = self.minute()
            stamped["last_edited_by"] = caller.author

    def add_blocks(self, parent: Json, trees: list[Json], caller: Caller, at: int | None = None) -> list[Json]:
        """Store checked block trees below a parent, in order; return the first level."""
        blocks = self.make_blocks(parent, trees, caller)
        self.attach(parent, [block["id"] for block in blocks], at)
        return blocks

    def make_blocks(self, parent: Json, trees: list[Json], caller: Caller) -> list[Json]:
        """Store block trees below a parent, the first level not yet in its order; `{ref}` moves a stored one there."""
        key = "page_id" if parent["object"] == "page" else "block_id"
        blocks = []
        for tree in trees:
            place = {"type": key, key: parent["id"]}
            if "ref" in tree:
                moved = self.nodes[tree["ref"]]
                self.nodes[moved["parent"][moved["parent"]["type"]]]["children"].remove(moved["id"])
                moved["parent"] = place
                blocks.append(moved)
                continue
            block = self.new_node("block", place, caller, type=tree["type"], data=tree["data"])
            self.add_blocks(block, tree["children"], caller)
            blocks.append(block)
        return blocks

    def announce_content(self, node: Json, caller: Caller, children: list[Json]) -> None:
        """Tell subscribers that these blocks of the page around a node changed."""
        page = self.page_of(node)
        listed = [{"id": child["id"], "type": child["object"]} for child in children]
        if page["object"] == "page":
            self.announce("page.content_updated", page, caller, {"updated_blocks": listed})
        elif page["object"] == "data_source":
            self.announce("data_source.content_updated", page, caller, {"updated_blocks": listed})

    def may(self, caller: Caller, capability: str) -> bool:
        """Say whether the caller's connection was given a capability; people and older connections have all."""
        if caller.bot is None:
            return True
        given = self.state["connections"][caller.bot["client_id"]].get("capabilities")
        return given is None or capability in given

    def columns(self, page: Json) -> list[Json]:
        """Return the columns of a page: its table's, or the one title of a page outside tables."""
        if page["parent"]["type"] != "data_source_id":
            return [TITLE]
        columns: list[Json] = self.nodes[page["parent"]["data_source_id"]]["columns"]
        return columns

    def title(self, node: Json) -> str:
        """Return a node's title as plain text."""
        if node["object"] == "page":
            return plain(node["values"].get("title", []))
        return plain(node.get("title", [])) if node["object"] != "block" else block_shapes.text_of(node["data"])

    def name_of(self, kind: str, object_id: str) -> str:
        """Return what a mention of a person, page or database shows."""
        if kind.startswith("custom_emoji"):
            emoji = self.state["emojis"].get(object_id, {"name": "emoji", "url": ""})
            return str(emoji["url" if kind.endswith("address") else "name"])
        if kind == "user":
            known = self.state["people"].get(object_id) or self.state["bots"].get(object_id)
            return str(known["name"]) if known else "Anonymous"
        node = self.nodes.get(object_id)
        return self.title(node) or "Untitled" if node else "Untitled"

    def user(self, object_id: str) -> Json:
        """Return a user object: a person, a bot, or only the id of somebody unknown."""
        person = self.state["people"].get(object_id)
        if person:
            return {
                "object": "user",
                "id": object_id,
                "name": person["name"],
                "avatar_url": None,
                "type": "person",
                "person": {"email": person["email"]},
            }
        bot = self.state["bots"].get(object_id)
        if bot:
            return {
                "object": "user",
                "id": object_id,
                "name": bot["name"],
                "avatar_url": None,
                "type": "bot",
                "bot": {},
            }
        return {"object": "user", "id": object_id}
