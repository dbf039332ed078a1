"""The page and the dashboard name what is told, all of it, and nothing else."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from shared.telemetry.metrics import HISTOGRAM, METRICS
from shared.telemetry.spans import ATTRIBUTES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guides" / "observability.md").read_text(encoding="utf-8")
SUFFIXES = ("_bucket", "_sum", "_count")


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the last table under a heading."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [
        line.strip("|").split("|") for line in part.splitlines() if line.startswith("| `") and "| `event`" not in line
    ]


def _quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def _events() -> set[str]:
    """Return the names of all events that the code writes."""
    found = set()
    for path in ROOT.glob("shared/**/*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "event" in text else ():
            if not isinstance(node, ast.Call):
                continue
            if ast.unparse(node.func) == "log.event":
                assert isinstance(node.args[0], ast.Constant), path
                found.add(str(node.args[0].value))
            found |= {str(each.value.value) for each in node.keywords
                      if each.arg == "event" and isinstance(each.value, ast.Constant)}  # fmt: skip
    return {name for name in found if "." in name}


def test_the_page_lists_every_event_metric_and_attribute() -> None:
    assert {_quoted(row[0])[0] for row in _rows("Log lines")} == _events()
    told = {_quoted(row[0])[0]: tuple(_quoted(row[1])) for row in _rows("Metrics")}
    assert told == {name: metric.labels for name, metric in METRICS.items()}
    listed = [name for row in _rows("Traces") for name in _quoted(row[0])]
    assert sorted(listed) == sorted(ATTRIBUTES)


def _expressions(panels: list[dict[str, Any]]) -> list[str]:
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def test_the_dashboard_asks_only_for_metrics_and_labels_there_are() -> None:
    board = json.loads((ROOT / "docs" / "guides" / "grafana.json").read_text(encoding="utf-8"))
    asked = set()
    for expression in _expressions(board["panels"]):
        names = re.findall(r"workwright_\w+", expression)
        assert names, expression
        for name in names:
            base = next((name.removesuffix(each) for each in SUFFIXES if name.endswith(each)), name)
            base = name if name in METRICS else base
            assert (METRICS[base].kind == HISTOGRAM) == (base != name), expression
            asked.add(base)
        grouped = [label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")]
        matched = re.findall(r"(\w+)=~?\"", expression)
        known = {label for name in asked for label in METRICS[name].labels} | {"le"}
        assert set(grouped + matched) <= known, expression
    assert asked == set(METRICS)


def test_the_dashboard_is_one_that_grafana_can_import() -> None:
    board = json.loads((ROOT / "docs" / "guides" / "grafana.json").read_text(encoding="utf-8"))
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["type"] for panel in panels} == {"row", "stat", "timeseries"}
    assert [variable["type"] for variable in board["templating"]["list"]] == ["datasource"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
