"""The Notion client when a call fails: what is missing, what is known of a write, and how long a limit lasts."""

import pytest

from shared.core.errors import (
    Blocked,
    Missing,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from tests.integrations.conftest import Served
from tests.support.builders.notion_pages import Json, a_page

pytestmark = pytest.mark.slow


def test_what_is_not_shared_is_missing_and_a_dead_token_says_so(notion: Notion, sim: Served) -> None:
    with pytest.raises(Missing):
        notion.page("00000000-0000-4000-8000-000000000000")
    with pytest.raises(Unauthorized):
        Notion(sim.http("notion", "wrong")).me()
    with pytest.raises(Rejected):
        notion.page("../users/me")


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        ({"status": 500}, OutcomeUnknown),
        ({"status": 502}, OutcomeUnknown),
        ({"status": 503}, OutcomeUnknown),
        ({"status": 504, "when": "after"}, OutcomeUnknown),
        ({"drop": True}, OutcomeUnknown),
        ({"drop": True, "when": "after"}, OutcomeUnknown),
        ({"status": 529}, Unavailable),
        ({"status": 409}, Unavailable),
        ({"status": 429}, RateLimited),
        ({"status": 429, "reason": "public_api_request_blocked"}, Blocked),
        ({"status": 403}, NotAllowed),
    ],
)
def test_a_failed_write_says_what_is_known(
    notion: Notion, seeded: Json, sim: Served, order: Json, kind: type[Exception]
) -> None:
    page = a_page(notion, seeded)
    sim.fault(method="PATCH", path="/v1/blocks/*", **order)
    with pytest.raises(kind) as caught:
        notion.append(page, [blocks.paragraph("x")])
    assert type(caught.value) is kind
    assert len(notion.children(page)) == (1 if order.get("when") == "after" else 0)


def test_a_limit_says_how_long(notion: Notion, sim: Served) -> None:
    sim.fault(status=429, headers={"Retry-After": "17"})
    with pytest.raises(RateLimited) as caught:
        notion.me()
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 17


def test_a_write_that_was_saved_but_answered_too_late_counts_as_done(notion: Notion, seeded: Json, sim: Served) -> None:
    late = {"status": 503, "when": "after", "committed": True}
    sim.fault(method="POST", path="/v1/pages", **late)
    page = a_page(notion, seeded, title="late")
    assert notion.read_page(page).title == "late"
    sim.fault(method="PATCH", path="/v1/blocks/*", **late)
    ids = notion.append(page, [blocks.paragraph("a"), blocks.paragraph("b")])
    assert ids == [child["id"] for child in notion.children(page)]
    sim.fault(method="POST", path="/v1/databases", **late)
    database, source = notion.create_database(seeded["home_page_id"], "Late", {"Name": {"title": {}}})
    assert notion.data_source(source)["parent"]["database_id"] == database
    assert sim.effects().count("page.create") == 1
