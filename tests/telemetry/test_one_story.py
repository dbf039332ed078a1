"""One story with every listener there is: one trace, true figures, and nothing of what people or models wrote."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import functions_framework
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from shared import log
from shared.app.prompts import prompt
from shared.core.run.run import Run
from shared.wiring.tools import wire_accounts
from tests.support.builders.made_up_secrets import letters, made_up
from tests.support.rigs.house import Neighbourhood, open_house
from tests.support.servers.collector import Collector, Seen
from tests.support.simulators.world import post_signed

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("telemetry")]

TITLE, BODY, COMMENT = (f"{word} {letters(word, 12)}" for word in ("Puffin", "Walrus", "Narwhal"))
EMAIL = "zebra." + letters("mail", 8).lower() + "@" + "example.test"
PERSON = "Quokka " + letters("person", 8)
PAGE_SECRET = made_up()["github fine"][1]
COLLECTORS_KEY = letters("collector", 32)
CRASH = "Okapi " + letters("crash", 16)
FUNCTIONS = {"notion-webhook", "plan", "execute-step", "deploy", "notify"}
CRASHING = f"""
import functions_framework
from shared.core.errors import Unavailable
from shared.entry import Reply, endpoint

@functions_framework.http
@endpoint
def plan(request):
    secret = "{CRASH}"
    if request.args.get("ours"):
        raise Unavailable("notion", "PATCH /v1/pages/1: 502 " + secret)
    raise ValueError("cannot read " + secret)
"""


@dataclass
class Told:
    """A story's end, and all that was written and sent on the way."""

    run: Run
    collector: Collector
    lines: str
    before: str  # of Prometheus, like the next one
    prometheus: str
    canaries: dict[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines.splitlines() if line.startswith("{")]

    @property
    def spans(self) -> list[Seen]:
        """Return the spans of the run's trace."""
        trace = hashlib.sha256(f"workwright run {self.run.tenant}/{self.run.id}".encode()).digest()[:16].hex()
        return [span for span in self.collector.spans() if span.trace == trace]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Return what was told of one story: from page to site, with a refused signature and two crashes beside it."""
    written, folder = io.StringIO(), tmp_path_factory.mktemp("told")
    with Collector() as collector, redirect_stderr(written), redirect_stdout(written):
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "SENTRY_DSN": collector.sentry_dsn}
        env["OTEL_EXPORTER_OTLP_HEADERS"] = f"x-api-key={COLLECTORS_KEY}"
        listening = logging.StreamHandler(written)  # what libraries write, and the framework of a crash
        logging.getLogger().addHandler(listening)
        with open_house(folder / "house", **env) as house:
            log.show_from("DEBUG")
            before = requests.get(
                f"{house.house.url}/metrics", timeout=10
            ).text  # other tests of this process count too
            run = _story(house)
            prompts = _prompts(house, run)
            _crashes(folder)
            prometheus = requests.get(f"{house.house.url}/metrics", timeout=10).text
            canaries = {**_canaries(house), **prompts}
        log.show_from("INFO")
        logging.getLogger().removeHandler(listening)
    return Told(run, collector, written.getvalue(), before, prometheus, canaries)


def _story(house: Neighbourhood) -> Run:
    people = [{"id": "zoe", "name": PERSON, "email": EMAIL, "role": "owner", "channels": ["email", "slack"]}]
    from shared.app.tenants.settings_changes import change_settings

    change_settings(house.house.wired.deps, house.home.tenant, people=people)
    page = house.write(TITLE)
    house.add(page, f"{BODY}, and our key is {PAGE_SECRET}.")
    house.disturb("notion", path="/v1/comments", status=400, times=1)
    house.plan(page)
    house.comment(page, f"{COMMENT}?")
    house.set_status(page, "Approved")
    run = house.ended(page)
    house.calm()
    event = house.event(page, [{"id": house.home.person, "type": "person"}], "page.properties_updated")
    forged = requests.post(
        house.house.functions["notion-webhook"], json=event, headers={"X-Notion-Signature": "sha256=" + "0" * 64},
        timeout=10,
    )  # fmt: skip
    assert forged.status_code == 401
    assert post_signed(house, event).status_code == 200
    house.calm()
    return run


def _crashes(folder: Path) -> None:
    """Call a function with a bug in it, as the framework serves it; then one that meets an outage."""
    source = folder / "main.py"
    source.write_text(CRASHING, encoding="utf-8")
    client = functions_framework.create_app("plan", str(source)).test_client()
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.post("/").status_code == 500
    assert client.post("/?ours=1").status_code == 500


def _prompts(house: Neighbourhood, run: Run) -> dict[str, str]:
    """Return pieces of the prompts of this run, and of the files they are made of."""
    store, found = house.house.wired.deps.store, {"the planner's prompt": prompt("plan")[1].split("\n\n")[0][:80]}
    for doc in store.list_docs(run.tenant, "contexts"):
        kept = store.get_text(run.tenant, doc.body["prompt"])
        found[f"the prompt of {doc.id}"] = kept.strip()[:60]
    assert len(found) > 1
    return found


def _canaries(house: Neighbourhood) -> dict[str, str]:
    """Return by what it is each text that must be nowhere."""
    accounts, tenant = wire_accounts(), house.home.tenant
    held = {f"token {number}": value for number, value in enumerate(accounts.list_held_tokens(tenant))}
    assert len(held) >= 3  # of Notion, GitHub, Vercel
    state = house.look("notion", "/_state")
    subscription = next(iter(state["subscriptions"].values()))["verification_token"]
    owner = (house.house.data / "owner.key").read_text("utf-8").strip()
    planted = {"title": TITLE, "body": BODY, "comment": COMMENT, "e-mail": EMAIL, "person": PERSON, "crash": CRASH}
    secret = {"secret on the page": PAGE_SECRET, "webhook token": subscription, "owner's key": owner}
    slug = {"title as a name": TITLE.lower().replace(" ", "-")}
    return {**planted, **slug, **secret, **held, "collector's key": COLLECTORS_KEY}


def test_nothing_that_people_or_models_wrote_is_told_to_anybody(told: Told) -> None:
    bodies = b"\n".join(each.body for each in told.collector.journal.requests).decode("utf-8", "replace")
    assert len(told.canaries) > 10
    for listener, text in {"logs": told.lines, "collector": bodies, "prometheus": told.prometheus}.items():
        shown = [name for name, canary in told.canaries.items() if canary in text or json.dumps(canary)[1:-1] in text]
        assert (listener, shown) == (listener, [])
    assert len(told.lines) > 10_000
    assert len(bodies) > 10_000


def test_a_run_is_one_trace_with_every_function_and_every_parent_in_it(told: Told) -> None:
    spans = told.spans
    assert {span.service for span in spans} >= FUNCTIONS
    by_id = {span.id: span for span in spans}
    assert len(by_id) == len(spans)
    assert [span.name for span in spans if not span.parent] == ["run"]
    assert [span.name for span in spans if span.parent and span.parent not in by_id] == []
    elsewhere = {span.trace for span in told.collector.spans() if span.attributes.get("workwright.run") == told.run.id}
    assert elsewhere == {spans[0].trace}
    root = next(span for span in spans if not span.parent)
    assert root.attributes["workwright.run.status"] == "succeeded"
    assert root.began == round(told.run.opened_at.timestamp() * 1e6) * 1000
    planned = [span for span in spans if span.service == "plan" and span.kind == 2]
    assert "notion-webhook" in {by_id[span.parent].service for span in planned}


def test_steps_calls_and_models_have_spans_that_say_how_they_ended(told: Told) -> None:
    spans = told.spans
    steps = {span.attributes["workwright.step.kind"]: span for span in spans if span.name.startswith("attempt ")}
    assert set(steps) == {step.spec.kind for step in told.run.steps if step.spec.gate is None}
    assert steps["site.deploy"].attributes["workwright.step.outcome"] in ("StepSucceeded", "StepWaits")
    calls = [span for span in spans if span.attributes.get("http.request.method") and span.kind == 3]
    assert {span.attributes["server.address"] for span in calls} == {"127.0.0.1"}
    assert {"notion", "github", "vercel"} <= {span.attributes["workwright.system"] for span in calls}
    refused = [span for span in calls if span.attributes.get("http.response.status_code") == 400]
    assert refused
    assert all(span.failed for span in refused)
    assert all(span.attributes["error.type"] == "400" for span in refused)
    models = [span for span in spans if span.name == "chat offline"]
    assert {span.attributes["gen_ai.operation.name"] for span in models} == {"chat"}
    assert {span.attributes["gen_ai.provider.name"] for span in models} == {"offline"}
    assert {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.request.model"} <= set(
        models[0].attributes
    )
    assert not [name for span in models for name in span.attributes if re.search(r"messages|instructions|prompt", name)]


def test_lines_are_what_cloud_logging_reads_and_name_the_runs_trace(told: Told) -> None:
    ours = [each for each in told.entries if each.get("logging.googleapis.com/labels", {}).get("run") == told.run.id]
    events = [each.get("event") for each in ours]
    assert [events.count(name) for name in ("run.opened", "run.planned", "run.ended")] == [1, 1, 1]
    (trace,) = {each["logging.googleapis.com/trace"] for each in ours}
    assert trace == told.spans[0].trace
    spans = {span.id for span in told.spans}
    assert {each["logging.googleapis.com/spanId"] for each in ours} <= spans
    ended = next(each for each in ours if each.get("event") == "run.ended")
    assert (ended["status"], ended["cost_micros"], ended["tokens"]) == ("succeeded", 0, told.run.spent.tokens)
    assert told.run.ended_at is not None
    assert ended["duration_s"] == pytest.approx((told.run.ended_at - told.run.opened_at).total_seconds(), abs=0.001)
    steps = [each for each in ours if each.get("event") == "step.ended"]
    kinds = [step.spec.kind for step in told.run.steps if step.spec.gate is None]
    assert sorted(each["kind"] for each in steps if each["outcome"] == "succeeded") == sorted(kinds)
    assert all(each["severity"] in ("DEBUG", "INFO", "WARNING", "ERROR") for each in told.entries)
    refused = [each["what"] for each in told.entries if each.get("event") == "security.refused"]
    assert refused == ["signature"]


def _samples(prometheus: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(prometheus)
        for sample in family.samples
    }


def test_metrics_say_the_same_to_prometheus_and_to_the_collector(told: Told) -> None:
    shown, before = _samples(told.prometheus), _samples(told.before)
    sent = told.collector.metrics()
    kinds = [step.spec.kind for step in told.run.steps if step.spec.gate is None]
    for name, labels, value in (
        ("workwright_runs_total", {"status": "succeeded"}, 1),
        ("workwright_security_refusals_total", {"what": "signature"}, 1),
        ("workwright_steps_total", {"kind": "plan.propose", "outcome": "succeeded"}, kinds.count("plan.propose")),
    ):
        key = (name, tuple(sorted(labels.items())))
        assert (shown[key] - before.get(key, 0), sent[key]) == (value, shown[key])
    steps = [shown[key] - before.get(key, 0) for key in shown if key[0] == "workwright_step_seconds_count"]
    assert sum(steps) >= len(kinds)
    queues = {labels[0][1] for name, labels in shown if name == "workwright_queue_depth"}
    assert queues == {"plan", "execute-step", "deploy", "notify", "sync"}
    ages = [value for (name, _), value in shown.items() if name == "workwright_oldest_task_seconds"]
    assert len(ages) == len(queues)
    assert max(ages) < 10  # seconds; it was calm
    assert sent["workwright_request_seconds", (("function", "plan"), ("status", "204"))] >= 2
    unreached = {key for key in shown if key[0] == "workwright_unreached_total"}  # by other stories
    assert all(shown[key] == before.get(key) for key in unreached)  # in this one every message arrives
    labels = {label for _, pairs in shown.keys() - unreached for label, _ in pairs}
    assert labels == {"status", "kind", "outcome", "function", "model", "direction", "queue", "what", "le"}


def test_a_crash_is_told_by_its_class_and_place(told: Told) -> None:
    (crash,) = told.collector.crashes()
    (value,) = crash["exception"]["values"]
    assert (value["type"], value["value"]) == ("ValueError", "")
    assert value["stacktrace"]["frames"][-1]["function"] == "plan"
    assert not {"vars", "context_line"} & {name for frame in value["stacktrace"]["frames"] for name in frame}
    assert crash["tags"]["function"] == "plan"
    (line,) = [each for each in told.entries if each.get("event") == "request.crashed"]
    assert (line["severity"], line["error"]) == ("ERROR", "ValueError")
    assert line["stack_trace"].startswith("Traceback (most recent call last):\n")
    assert line["stack_trace"].endswith("ValueError")
    (outage,) = [each for each in told.entries if each.get("error") == "Unavailable"]
    assert (outage["message"], outage["system"]) == ("not done yet", "notion")


def test_the_collector_is_told_who_asks(told: Told) -> None:
    sent = told.collector.journal.of("/v1/traces")
    assert {each.headers["x-api-key"] for each in sent} == {COLLECTORS_KEY}
    assert {each.headers["content-type"] for each in sent} == {"application/x-protobuf"}
