"""`bench ship` counts what the systems were asked between approval and production, beside the least there is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from shared.bench.ship.ship_cost import as_text
from shared.bench.ship.ship_least import find_minima

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
VERCEL = {"POST /v13/deployments": 2, "POST /v2/files": 3, "GET /v9/projects/{id}": 4}


def bench(*more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared", "bench", "ship", *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


def test_a_site_goes_to_the_bucket_and_all_it_took_is_told() -> None:
    done = bench("--json", "--kind", "static_site_in_a_bucket")
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    (kind, one), = said["kinds"].items()  # fmt: skip
    assert (said["bench"], kind) == ("ship", "static_site_in_a_bucket")
    assert "vercel" not in one["requests"]
    assert one["total"] == sum(one["requests"].values())
    for system, calls in one["calls"].items():
        assert sum(calls.values()) == one["requests"][system]
    github = one["calls"]["github"]
    for once in ("git/trees", "git/commits", "git/refs", "pulls"):
        assert github[f"POST /repos/{{repository}}/{once}"] == 1
    assert one["requests"]["github"] >= one["least"]["github"]["calls"]
    bucket = one["calls"]["cloud_storage"]
    assert bucket["POST /storage/v1/b/{bucket}/o/{object}/rewriteTo"] == 3  # index.html, the same at "/", style.css
    assert one["requests"]["cloud_storage"] > one["least"]["cloud_storage"]["calls"] >= 7
    assert (one["tokens"], one["usd"]) == (0, 0.0)
    assert 0 < one["seconds_of_people"] < one["seconds"]
    text = as_text(said)
    assert f"github {one['requests']['github']} ({one['least']['github']['calls']})" in text
    assert "Not measured: what a language model costs" in text


def test_a_kind_that_is_unknown_is_refused_with_the_known_ones() -> None:
    done = bench("--kind", "novel")
    assert done.returncode == 2
    assert "novel is unknown; use static_site, python_service, change" in done.stderr


@pytest.mark.parametrize(
    ("kind", "system", "calls", "least"),
    [
        ("static_site", "github", {}, 8),  # repository, head, tree, commit, branch, pull request, two looks
        ("static_site_again", "github", {}, 7),
        (
            "change",
            "github",
            {"GET /repos/{repository}/contents/{path}": 3},
            11,
        ),  # the list of files, and three of them
        ("static_site", "vercel", VERCEL, 9),  # project, deploy, 3 files, ready, production, promote, done
        (
            "static_site_again",
            "vercel",
            {"POST /v13/deployments": 1},
            6,
        ),  # nothing is missing, so nothing is sent again
    ],
)
def test_the_least_is_what_the_apis_ask_for(kind: str, system: str, calls: dict[str, int], least: int) -> None:
    found = find_minima(kind, {system: Counter(calls)})
    assert list(found) == [system]
    assert found[system].calls == least
