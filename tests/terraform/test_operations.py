"""What is watched: metrics count what the code writes, queries ask for what there is, alerts lead to the runbook."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
from functions_framework import create_app

from shared.app.notify import tell_watchers
from shared.core.run.run import RunStatus
from tests.support.repository.terraform import Verdicts

pytestmark = pytest.mark.xdist_group("terraform")

PRODUCTION = "observability.tftest.hcl/production"
BOUNDED = {"status", "kind", "outcome", "model", "agent_class", "command", "scope", "what", "function", "error"}
BOUNDED |= {"topic"}  # of a message: one of those that the code names

# Cloud Monitoring's own metrics that are asked for, with the labels of metric and resource, as its lists of metrics and
# of monitored resources have them. `histogram` where the values are distributions.
RUN = {"project_id", "service_name", "revision_name", "location", "configuration_name"}
QUEUE = {"project_id", "queue_id", "location", "target_type"}
DATABASE = {"resource_container", "location", "database_id"}
JOB = {"project_id", "job_id", "location"}
PLATFORM: dict[str, tuple[str, set[str]]] = {
    "run_googleapis_com:request_count": ("counter", RUN | {"response_code", "response_code_class"}),
    "run_googleapis_com:request_latencies": ("histogram", RUN | {"response_code", "response_code_class"}),
    "run_googleapis_com:container_memory_utilizations": ("histogram", RUN),
    "run_googleapis_com:container_instance_count": ("gauge", RUN | {"state"}),
    "cloudtasks_googleapis_com:queue_depth": ("gauge", QUEUE),
    "cloudtasks_googleapis_com:queue_task_attempt_count": ("counter", QUEUE | {"response_code"}),
    "cloudtasks_googleapis_com:queue_task_attempt_delays": ("histogram", QUEUE),
    "firestore_googleapis_com:api_request_count": ("counter", DATABASE | {"api_method", "response_code"}),
    "firestore_googleapis_com:api_request_latencies": ("histogram", DATABASE | {"api_method"}),
    "firestore_googleapis_com:document_read_ops_count": ("counter", DATABASE | {"type"}),
    "firestore_googleapis_com:document_write_ops_count": ("counter", DATABASE | {"op"}),
}


@pytest.fixture(scope="module")
def plan(tested: Verdicts) -> list[dict[str, Any]]:
    return [{**each["change"]["after"], "address": each["address"]} for each in tested.plans[PRODUCTION]]


def of_type(plan: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in plan if re.split(r"[.\[]", each["address"].removeprefix("module."))[0] == kind]


@pytest.fixture(scope="module")
def written(root: Path) -> dict[str, set[str]]:
    """Every event that the code writes, with its fields: the keywords, and the keys of what is spread into them."""
    found: dict[str, set[str]] = {}
    for path in (root / "shared").rglob("*.py"):
        text = path.read_text()
        if "event" not in text:
            continue
        tree = ast.parse(text)
        spread = dict(_dictionaries(tree))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            named = _event_of(call)
            if named:
                fields = found.setdefault(named, set())
                for given in call.keywords:
                    if given.arg:
                        fields.add(given.arg)
                    elif isinstance(given.value, ast.Name):
                        fields |= spread.get(given.value.id, set())
    return found


def _event_of(call: ast.Call) -> str:
    """Return the event a call of `log.event("x", …)` or `line(…, event="x")` writes, "" for other calls."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = call.args[:1] if name == "event" else [each.value for each in call.keywords if each.arg == "event"]
    given = given if name in ("event", "line") else []
    return given[0].value if given and isinstance(given[0], ast.Constant) else ""


def _dictionaries(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, {key.value for key in node.value.keys if isinstance(key, ast.Constant)}


def metric_fields(metric: dict[str, Any]) -> set[str]:
    extractors = [*(metric["label_extractors"] or {}).values(), metric["value_extractor"] or ""]
    return {field for each in extractors for field in re.findall(r"EXTRACT\(jsonPayload\.(\w+)\)", each)}


def events_of(metric: dict[str, Any]) -> list[str]:
    return re.findall(r'jsonPayload\.event="([^"]+)"', metric["filter"])


def test_each_metric_counts_an_event_the_code_writes(plan: list[dict[str, Any]], written: dict[str, set[str]]) -> None:
    metrics = [each for each in of_type(plan, "google_logging_metric") if "event[" in each["address"]]
    assert len(metrics) > 15
    for metric in metrics:
        (event,) = events_of(metric)
        assert event in written, metric["name"]
        assert metric_fields(metric) - {"error"} <= written[event], metric["name"]


def test_each_event_of_the_code_is_counted(plan: list[dict[str, Any]], written: dict[str, set[str]]) -> None:
    counted = {event for metric in of_type(plan, "google_logging_metric") for event in events_of(metric)}
    assert set(written) == counted


def test_labels_have_extractors_and_are_of_a_known_set(plan: list[dict[str, Any]]) -> None:
    for metric in of_type(plan, "google_logging_metric"):
        labels = {each["key"] for each in metric["metric_descriptor"][0]["labels"]}
        assert labels == set(metric["label_extractors"] or {}), metric["name"]
        assert labels <= BOUNDED, metric["name"]


def test_distributions_have_a_value_and_counters_have_none(plan: list[dict[str, Any]]) -> None:
    for metric in of_type(plan, "google_logging_metric"):
        gathers = metric["metric_descriptor"][0]["value_type"] == "DISTRIBUTION"
        assert bool(metric["value_extractor"]) == gathers, metric["name"]
        assert bool(metric["bucket_options"]) == gathers, metric["name"]


@pytest.fixture(scope="module")
def series(plan: list[dict[str, Any]]) -> dict[str, tuple[str, set[str]]]:
    """All that a query may ask for: kind and labels, under the names PromQL has for them."""
    known = dict(PLATFORM)
    for metric in of_type(plan, "google_logging_metric"):
        gathers = metric["metric_descriptor"][0]["value_type"] == "DISTRIBUTION"
        resource = JOB if "cloud_scheduler_job" in metric["filter"] else RUN
        name = "logging_googleapis_com:user_" + re.sub(r"\W", "_", metric["name"])
        known[name] = ("histogram" if gathers else "counter", resource | set(metric["label_extractors"] or {}))
    return known


def judge(query: str, series: dict[str, tuple[str, set[str]]]) -> list[str]:
    """Return what is wrong with a query: syntax, a metric that is not there, a label it does not have."""
    wrong: list[str] = []
    labels: set[str] = {"le"}
    grouped: set[str] = set()

    def look(node: Any) -> bool:
        if isinstance(node, promql.VectorSelector):
            bare = re.sub(r"_(bucket|sum|count)$", "", node.name or "")
            kind, own = series.get(node.name or "", ("", set()))
            if not kind:
                kind, own = series.get(bare, ("", set()))
                kind = kind if kind == "histogram" else ""
            elif kind == "histogram":
                kind = ""  # a distribution is asked for by bucket, sum or count
            if not kind:
                wrong.append(f"no metric {node.name}")
            labels.update(own)
            asked = {matcher.name for matcher in node.matchers.matchers}
            if "monitored_resource" not in asked:
                wrong.append(f"{node.name} is not told which resource")
            wrong.extend(f"{node.name} has no label {name}" for name in asked - own - {"monitored_resource"} if kind)
        elif isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            grouped.update(node.modifier.labels)
        return True

    promql.walk(promql.parse(query.replace("${__interval}", "5m")), look)
    return wrong + [f"nothing has the label {name}" for name in sorted(grouped - labels)]


def test_alerts_ask_for_what_there_is(plan: list[dict[str, Any]], series: dict[str, tuple[str, set[str]]]) -> None:
    queries = [
        condition["condition_prometheus_query_language"][0]
        for each in of_type(plan, "google_monitoring_alert_policy")
        for condition in each["conditions"]
        if condition["condition_prometheus_query_language"]
    ]
    assert len(queries) > 15
    assert {query["query"]: found for query in queries if (found := judge(query["query"], series))} == {}
    assert all(query["disable_metric_validation"] for query in queries)


def test_dashboards_ask_for_what_there_is(plan: list[dict[str, Any]], series: dict[str, tuple[str, set[str]]]) -> None:
    dashboards = [json.loads(each["dashboard_json"]) for each in of_type(plan, "google_monitoring_dashboard")]
    assert len(dashboards) == 4
    shown = set()
    for dashboard in dashboards:
        tiles = dashboard["mosaicLayout"]["tiles"]
        places = {(tile.get("xPos", 0), tile.get("yPos", 0)) for tile in tiles}
        assert len(places) == len(tiles)
        assert all(x + 24 <= dashboard["mosaicLayout"]["columns"] for x, _ in places)
        for line in (line for tile in tiles for line in tile["widget"]["xyChart"]["dataSets"]):
            query = line["timeSeriesQuery"]["prometheusQuery"]
            assert judge(query, series) == [], query
            shown |= set(re.findall(r"logging_googleapis_com:user_workwright_[a-z_]+", query))
    forms = re.compile(r"_(bucket|sum|count)$")
    ours = {name for name in series if name.startswith("logging_")} - {"logging_googleapis_com:user_workwright_crashes"}
    assert {forms.sub("", name) for name in shown} == ours  # crashes are in Error Reporting, with where they were


def test_alerts_wait_for_words_the_code_says(plan: list[dict[str, Any]], root: Path) -> None:
    """A query for a status that no run ever has would never be true, and nobody would notice."""
    written = (root / "shared").rglob("*.py")
    said = {
        "status": {each.value for each in RunStatus},
        "outcome": set(tell_watchers._OUTCOMES.values()),
        "what": {word for path in written for word in re.findall(r'what="([a-z]+)"', path.read_text())},
    }
    asked: dict[str, set[str]] = {label: set() for label in said}
    for alert in of_type(plan, "google_monitoring_alert_policy"):
        for condition in alert["conditions"]:
            for given in condition["condition_prometheus_query_language"]:
                for label, words in re.findall(r'\b(status|outcome|what)!?=~?"([^"]+)"', given["query"]):
                    asked[label] |= set(words.split("|"))
    assert all(asked.values())
    assert {label: asked[label] - said[label] for label in said} == {label: set() for label in said}


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        (
            'sum(increase(run_googleapis_com:requests{monitored_resource="x"}[5m]))',
            "no metric run_googleapis_com:requests",
        ),
        ('sum by (tenant) (run_googleapis_com:request_count{monitored_resource="x"})', "nothing has the label tenant"),
        (
            'rate(run_googleapis_com:request_latencies{monitored_resource="x"}[5m])',
            "no metric run_googleapis_com:request_latencies",
        ),
        (
            'rate(run_googleapis_com:request_count_bucket{monitored_resource="x"}[5m])',
            "no metric run_googleapis_com:request_count_bucket",
        ),
        ('rate(run_googleapis_com:request_count{monitored_resource="x",queue_id="y"}[5m])', "has no label queue_id"),
        ("rate(run_googleapis_com:request_count[5m])", "is not told which resource"),
    ],
)
def test_a_wrong_query_is_found_out(query: str, complaint: str) -> None:
    assert any(complaint in each for each in judge(query, PLATFORM))


def sections(root: Path) -> dict[str, str]:
    """The runbook's sections of alerts: heading → text."""
    page = (
        (root / "docs" / "guides" / "troubleshooting.md")
        .read_text()
        .partition("\n## Alerts\n")[2]
        .partition("\n## ")[0]
    )
    parts = re.split(r"^### ([a-z-]+)\n", page, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_alert_has_a_section_of_the_runbook(plan: list[dict[str, Any]], root: Path) -> None:
    alerts = of_type(plan, "google_monitoring_alert_policy")
    named = {each["user_labels"]["runbook"] for each in alerts}
    assert named == set(sections(root))
    for alert in alerts:
        text = alert["documentation"][0]["content"]
        assert f'docs/guides/troubleshooting.md, section "{alert["user_labels"]["runbook"]}"' in text
        assert f"https://example.com/operations#{alert['user_labels']['runbook']}" in text


def test_every_section_says_what_it_means_what_to_do_and_what_is_not_lost(root: Path) -> None:
    for heading, text in sections(root).items():
        for part in ("**Means**", "**Look**", "**Do**", "**Not lost**"):
            assert text.count(part) == 1, f"{heading} {part}"


def test_every_alert_tells_everybody_and_has_one_query_or_fewer_than_seven_conditions(
    plan: list[dict[str, Any]],
) -> None:
    """Cloud Monitoring takes one to six conditions."""
    for alert in of_type(plan, "google_monitoring_alert_policy"):
        assert "projects/acme-workwright/notificationChannels/1" in alert["notification_channels"]
        assert 1 <= len(alert["conditions"]) <= 6


def test_what_is_probed_from_outside_answers_without_anything_behind_it(
    plan: list[dict[str, Any]], root: Path, tmp_path: Path
) -> None:
    paths = {each["http_check"][0]["path"] for each in of_type(plan, "google_monitoring_uptime_check_config")}
    assert paths == {"/health"}
    source = tmp_path / "main.py"
    source.write_text(
        "import functions_framework\nfrom shared.entry import endpoint\n\n"
        "@functions_framework.http\n@endpoint\n"
        "def door(request):\n    raise AssertionError('asked for what is behind')\n"
    )
    door = create_app("door", str(source)).test_client()  # type: ignore[no-untyped-call]
    answer = door.get("/health")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_every_function_is_behind_the_door_that_answers_probes(root: Path) -> None:
    for main in (root / "functions").glob("*/main.py"):
        if main.parent.name != "code-runner":
            assert re.search(r"@functions_framework\.http\n@endpoint\ndef ", main.read_text()), main
