"""The probe of Notion: on one page, below which it makes a page of its own and puts it into the trash again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shared.cli.probe.calls import Ask, Expect, Kept, Left, Look, Place, Probe
from shared.cli.probe.notion import blocks, columns, pages, queries, tables, talk, trash
from shared.cli.probe.run import is_marked
from shared.cli.probe.shapes import Either
from shared.core.errors import ConfigError, Rejected
from shared.ports import Secret

VERSION = "2026-03-11"
_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)


def read_place(named: str) -> Place:
    """Return the page that an id or a link names; raises ConfigError."""
    found = _ID.findall(named.partition("?")[0])
    if not found:
        raise ConfigError("--in names no page; give the link of a page (••• › Copy link), or its id")
    bare = found[-1].replace("-", "").lower()
    whole = "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))
    return Place(f"the page {whole}", {"place": whole, "place_bare": bare})


def credential(token: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}


def find_left(look: Look, kept: Kept) -> Iterator[Left]:
    """Yield the pages on the place whose title begins with a probe's mark."""
    cursor: str | None = None
    while True:
        query = {"page_size": 100} | ({"start_cursor": cursor} if cursor else {})
        answer = look(Ask("GET", "/v1/blocks/{place}/children", query=query))
        if answer.status != 200 or not isinstance(answer.body, dict):
            raise Rejected(
                "notion",
                f"the page cannot be read ({answer.status}); share it with the connection under ••• › Connections",
            )
        for block in answer.body.get("results") or ():
            title = (block.get("child_page") or {}).get("title")
            if is_marked(title):
                yield Left(f"the page “{title}”", Ask("DELETE", f"/v1/blocks/{block['id']}"))
        cursor = answer.body.get("next_cursor")
        if not cursor:
            return


LIMITED = Expect(
    429,
    {
        "object": "=error",
        "status": 429,
        "code": "=rate_limited",
        "message": "words",
        "request_id?": "text",
        "additional_data?": {"rate_limit_reason": "code", "retry_after": "digits", "*": Either("text", ["text"])},
    },
    headers={"retry-after": "digits"},
)

PROBE = Probe(
    system="notion",
    title="Notion",
    address="https://api.notion.com",
    asks_for="a page that is shared with the connection: its link or its id",
    rights="an internal integration's secret, with all capabilities for content, comments and users",
    makes="one page below it with pages, blocks, a database, comments and a small file, which is put into the trash",
    calls=(
        *pages.DOOR, *pages.PAGES, *blocks.ORDER, *blocks.KIND_CALLS, *blocks.LIMITS, *trash.TRASH, *pages.MARKDOWN,
        *tables.TABLES, *queries.QUERIES, *columns.COLUMN_CALLS, *columns.VIEWS,
        *talk.COMMENTS, *talk.FILES, *talk.SEARCH,
    ),
    read_place=read_place,
    credential=credential,
    find_left=find_left,
    headers={"Notion-Version": VERSION},
    credential_name="Notion's integration secret",
    grant="notion",
    pace=0.4,  # Notion takes three a second on average
    code_at="code",
    limited=LIMITED,
    no_harm=(
        ("180 calls in a minute are taken, and 429 says in Retry-After how long to wait",
         "asking more would keep the connection's other work from being done; a 429 that comes is compared"),
        ("503 after a saved write names what was saved", "nobody can bring it about"),
        ("webhooks come at least once, signed, in any order", "they need a public address"),
        ("a free workspace of several people ends at 1,000 blocks", "it would use the blocks up"),
        ("a query hands out 10,000 rows at most", "making so many rows would take hours"),
        ("a refresh token works once", "the connection would have to be made again"),
    ),
)  # fmt: skip
