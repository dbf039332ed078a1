"""Whatever a page holds, the answers are valid, every requirement is on the site, and nothing of it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.app.planning.plan_proposal import Proposal
from shared.backends.offline.judging.thinness import THIN
from shared.backends.offline.judging.understanding import understand
from shared.core.page import ANSWER, Block, Page, Span
from shared.core.ship.site_requirements import check_site
from shared.steps.code._code_answers import Outline, Written, outline_problem
from tests.unit.offline.pages import code, files, plan, run_suite
from tests.unit.offline.test_sites import Elements

pytestmark = pytest.mark.slow

KINDS_OF_BLOCK = [
    *("paragraph", "heading_1", "heading_2", "heading_3", "heading_4", "bulleted_list_item", "numbered_list_item"),
    *("to_do", "toggle", "quote", "callout", "code", "equation", "divider", "table_of_contents", "bookmark", "embed"),
    *("image", "video", "file", "pdf", "table", "table_row", "column_list", "column", "synced_block", "child_page"),
    *("link_to_page", "unsupported", "tab"),
]
TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", " ", "\u200b", "<script>1</script>", "&amp;", "GET /a/{b}", "POST /a/:b/c?d=", "fields: a (int), b", "]]>"]
    ),
)
ADDRESS = st.one_of(
    st.none(), TEXT, st.sampled_from(["https://example.org/x y", "http://[", "https://example.org/%ff.jpg"])
)
SPANS = st.lists(st.builds(Span, TEXT, bold=st.booleans(), code=st.booleans(), href=ADDRESS), max_size=3).map(tuple)


def blocks(children: st.SearchStrategy[tuple[Block, ...]]) -> st.SearchStrategy[tuple[Block, ...]]:
    """Return sibling blocks of all kinds, with ids that are not always different."""
    one = st.builds(
        Block,
        id=st.sampled_from("abcdef"),
        type=st.sampled_from(KINDS_OF_BLOCK),
        spans=SPANS,
        children=children,
        checked=st.one_of(st.none(), st.booleans()),
        language=st.one_of(st.none(), st.sampled_from(["json", "bash", '"><script>'])),
        url=ADDRESS,
        caption=TEXT,
        cells=st.lists(SPANS, max_size=3).map(tuple),
        header_row=st.booleans(),
    )
    return st.lists(one, max_size=5).map(tuple)


PAGES = st.builds(
    Page,
    id=st.just("p"),
    title=TEXT,
    blocks=st.recursive(st.just(()), blocks, max_leaves=8),
    properties=st.dictionaries(TEXT, TEXT, max_size=2),
)
MANY = settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def checked(of: Page) -> dict[str, Any]:
    """Return the code for a page after holding both answers against their schemas and the site against its checks."""
    if understand(of).judgement.taken_for == THIN:
        of = replace(of, blocks=(*of.blocks, Block("said", ANSWER, (Span("site"),))))  # as somebody answers
        assert understand(of).judgement.taken_for != THIN
    proposal = plan(of)
    wanted = [item.id for item in Proposal.model_validate(json.loads(json.dumps(proposal))).requirements]
    assert len(set(wanted)) == len(wanted)
    assert bool(proposal["questions"]) == (not wanted)
    answer = code(of, proposal)
    told = json.loads(json.dumps(answer, ensure_ascii=False).encode())
    outlined, written = told.pop("outlined"), told.pop("files")
    Written.model_validate({"files": written, "edits": [], "expected_tests": told["expected_tests"]})
    outline = Outline.model_validate({"files": outlined, **told})
    assert outline_problem(outline, proposal["artifact"], wanted, (), deployed=True) == ""
    assert [check["requirement"] for check in answer["checks"]] == wanted
    assert {item["requirement"] for item in answer["tests"]} == set(wanted)
    site = files(answer)
    report = check_site(json.dumps(answer["checks"]), "", lambda path: (200, site["site" + path]))
    assert report.missing == ()
    no_script(site)
    return answer


def no_script(site: Mapping[str, str]) -> None:
    """Fail when a page of the site could run anything."""
    for path, content in site.items():
        if path.endswith(".html"):
            for tag, attributes in Elements(content).found:
                assert tag not in {"script", "img", "iframe", "object", "form"}
                assert not any(name.startswith("on") for name in attributes)
                assert not (attributes.get("href") or "").lower().startswith(("javascript:", "data:"))


@MANY
@given(PAGES)
def test_any_page_gives_valid_answers_with_every_requirement_on_the_site(of: Page) -> None:
    checked(of)


def test_the_suites_of_some_of_them_are_green(tmp_path_factory: Any) -> None:
    ran = []

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(PAGES.filter(lambda of: sum(1 for _ in of.walk()) > 4))
    def some(of: Page) -> None:
        ran.append(run_suite(checked(of), tmp_path_factory.mktemp("any")))

    some()
    assert len(ran) >= 8
