"""To which trace the spans of a request go, and what their parents are; whom tasks name; what a span may say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pytest

from shared.telemetry import spans, trace
from shared.telemetry.spans import Finished, Span

HOUSE, BARN = ("acme", "run-house"), ("acme", "run-barn")


class Kept:
    """Keeps what is exported."""

    def __init__(self) -> None:
        self.requests: list[Finished] = []

    def export(self, spans: Finished) -> None:
        self.requests.append(spans)

    def finish(self) -> None:
        """Nothing was counted here."""

    def last(self) -> dict[str, tuple[str, Span]]:
        return {span.name: (of, span) for of, span in self.requests[-1]}


@pytest.fixture
def kept() -> Iterator[Kept]:
    found = Kept()
    trace.export_to(found)
    yield found
    trace.export_to(None)


def expected_trace(tenant: str, run: str) -> str:
    return hashlib.sha256(b"workwright run " + tenant.encode() + b"/" + run.encode()).digest()[:16].hex()


def headers_of(run: tuple[str, str] | None) -> dict[str, str]:
    return dict(trace.build_headers(run[0] if run else "acme", run[1] if run else ""))


def test_a_request_about_no_run_has_a_trace_of_its_own(kept: Kept) -> None:
    with trace.request("sweep", {}), trace.span("use case sweep"):
        pass
    (top, inner) = kept.last()["sweep"], kept.last()["use case sweep"]
    assert re.fullmatch(r"[0-9a-f]{32}", top[0])
    assert top[0] == inner[0] not in (expected_trace(*HOUSE), "0" * 32)
    assert (top[1].parent, inner[1].parent) == ("", top[1].id)
    assert 0 < top[1].began <= inner[1].began <= inner[1].ended <= top[1].ended


def test_a_request_that_learns_its_run_on_the_way_goes_to_that_runs_trace_as_a_whole(kept: Kept) -> None:
    with trace.request("api", {}), trace.span("before"), trace.measure_in_run(*HOUSE, "record ApprovalGranted"):
        pass
    found = kept.last()
    assert {of for of, _ in found.values()} == {expected_trace(*HOUSE)}
    assert found["api"][1].parent == spans.root_span(*HOUSE)
    assert found["record ApprovalGranted"][1].parent == found["before"][1].id
    assert found["api"][1].attributes["workwright.run"] == "run-house"


def test_of_a_request_about_two_runs_each_gets_its_own_part(kept: Kept) -> None:
    with trace.request("sweep", {}):
        with trace.measure_in_run(*HOUSE, "of the house"), trace.span("in the house"):
            pass
        with trace.measure_in_run(*BARN, "of the barn"):
            pass
    found = kept.last()
    assert found["of the house"][0] == found["in the house"][0] == expected_trace(*HOUSE)
    assert found["of the barn"][0] == expected_trace(*BARN)
    assert found["sweep"][0] not in (expected_trace(*HOUSE), expected_trace(*BARN))
    assert found["of the house"][1].parent == spans.root_span(*HOUSE)
    assert found["in the house"][1].parent == found["of the house"][1].id
    assert found["of the barn"][1].parent == spans.root_span(*BARN)


def test_a_task_of_a_run_names_the_span_that_handed_it_over(kept: Kept) -> None:
    with trace.request("plan", {}), trace.measure_in_run(*HOUSE, "record PlanProposed") as span:
        sent = headers_of(HOUSE)
        other = headers_of(BARN)
    assert sent["traceparent"] == f"00-{expected_trace(*HOUSE)}-{span.id}-01"
    assert other["traceparent"] == f"00-{expected_trace(*BARN)}-{spans.root_span(*BARN)}-01"
    with trace.request("execute-step", sent):
        trace.belongs(*HOUSE, "build", "attempt")
    of, top = kept.last()["execute-step"]
    assert (of, top.parent) == (expected_trace(*HOUSE), span.id)
    assert (top.attributes["workwright.step"], top.attributes["workwright.command"]) == ("build", "attempt")


def test_a_platform_that_puts_itself_in_between_does_not_break_the_chain(kept: Kept) -> None:
    with trace.request("plan", {}), trace.measure_in_run(*HOUSE, "record PlanProposed") as span:
        sent = headers_of(HOUSE)
    changed = {"traceparent": f"00-{expected_trace(*HOUSE)}-{'ab' * 8}-01", "tracestate": "gcp=1," + sent["tracestate"]}
    with trace.request("execute-step", changed):
        trace.belongs(*HOUSE)
    assert kept.last()["execute-step"][1].parent == span.id


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": "00-" + "0" * 31 + "-" + "1" * 16 + "-01"},
        {"traceparent": "garbage", "tracestate": "workwright=zz"},
        {"traceparent": f"00-{'c' * 32}-{'d' * 16}-01"},  # somebody else's trace
        {"traceparent": f"00-{'c' * 32}-{'d' * 16}-01", "tracestate": "workwright=" + "e" * 16},
    ],
)
def test_a_task_that_was_relayed_by_somebody_else_joins_the_runs_trace_at_its_root(
    kept: Kept, headers: dict[str, str]
) -> None:
    with trace.request("execute-step", headers):
        trace.belongs(*HOUSE)
    of, top = kept.last()["execute-step"]
    assert (of, top.parent) == (expected_trace(*HOUSE), spans.root_span(*HOUSE))


def test_the_webhook_that_led_to_a_run_is_in_the_runs_trace(kept: Kept) -> None:
    with trace.request("notion-webhook", {}) as webhook:
        sent = headers_of(None)
    with trace.request("plan", sent), trace.measure_in_run(*HOUSE, "record RunOpened"):
        pass
    found = kept.last()
    of, handed = found["notion-webhook"]
    assert (of, handed.id, handed.kind) == (expected_trace(*HOUSE), webhook.id, "producer")
    assert handed.began == webhook.began <= handed.ended <= found["plan"][1].began + 1_000_000
    assert (handed.parent, found["plan"][1].parent) == (spans.root_span(*HOUSE), webhook.id)


def test_a_look_that_leads_to_no_run_stays_in_the_webhooks_trace(kept: Kept) -> None:
    with trace.request("notion-webhook", {}) as webhook:
        sent = headers_of(None)
    with trace.request("plan", sent):
        trace.belongs("acme")
    assert kept.requests[0][0][0] == kept.last()["plan"][0]
    assert kept.last()["plan"][1].parent == webhook.id


def test_the_run_as_a_whole_is_the_root_of_its_trace(kept: Kept) -> None:
    from datetime import UTC, datetime

    began, ended = datetime(2026, 5, 1, 8, 0, 0, 250_000, UTC), datetime(2026, 5, 1, 8, 1, tzinfo=UTC)
    with trace.request("deploy", {}):
        trace.belongs(*HOUSE)
        trace.run_ended(*HOUSE, began, ended, {"workwright.run.status": "failed"})
    of, whole = kept.last()["run"]
    assert (of, whole.id, whole.parent, whole.error) == (
        expected_trace(*HOUSE), spans.root_span(*HOUSE), "", "RunFailed",
    )  # fmt: skip
    assert (whole.began, whole.ended) == (1_777_622_400_250_000_000, 1_777_622_460_000_000_000)


def test_what_an_exception_says_is_not_told_its_class_is(kept: Kept) -> None:
    with pytest.raises(ValueError, match="walrus"), trace.request("plan", {}), trace.span("reading"):
        raise ValueError("walrus")
    _, span = kept.last()["reading"]
    assert span.error == "ValueError"
    assert "walrus" not in str(span.attributes)


def test_a_span_says_only_what_is_on_the_list_and_no_more_than_a_line() -> None:
    with trace.request("plan", {}), trace.span("one") as span:
        with pytest.raises(ValueError, match="not an attribute"):
            span.note({"gen_ai.input.messages": "walrus"})
        span.note({"workwright.system": "x" * 1000, "workwright.route": ""})
    assert span.attributes == {"workwright.system": "x" * 200}


def test_where_nobody_listens_no_span_is_kept_and_lines_still_name_their_trace() -> None:
    with trace.request("plan", {}):
        trace.belongs(*HOUSE, "build")
        with trace.span("one"):
            place = trace.place()
            scope = trace._at.get()
    assert place is not None
    assert place.trace == expected_trace(*HOUSE)
    assert place.labels == {"function": "plan", "tenant": "acme", "run": "run-house", "step": "build"}
    assert scope is not None
    assert [span.name for span in scope[0].spans] == ["plan"]
    assert trace.place() is None
