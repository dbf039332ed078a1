"""Names say what is inside; every integration has a simulator, and tests against it."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "base", "manager", "stuff", "lib"}
FOLDERS = ("shared", "functions", "tests", "tools")
# what several systems are asked, or tell, in the same words; nothing is called there
PROTOCOLS = {"forge", "hosting", "mail", "hooks"}
LISTS = {"systems", "clients", "ship_settings", "webhooks"}  # of all systems
AT_HAND = {"local_sites"}  # nobody else's system: tests have the real one
INTEGRATIONS = sorted(
    path.stem
    for path in (ROOT / "shared" / "integrations").iterdir()
    if not path.name.startswith("__") and path.stem not in PROTOCOLS | LISTS
)
SIMULATED = [name for name in INTEGRATIONS if name not in AT_HAND]


def _named(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    paths = [path for path in found if not {"__pycache__", "node_modules"} & set(path.parts)]
    assert len(paths) > 100  # the folders were found
    wordless = [path for path in paths if path.stem.strip("_").lower() in SAYS_NOTHING]
    assert wordless == []


@pytest.mark.parametrize("name", SIMULATED)
def test_every_integration_has_a_simulator(name: str) -> None:
    simulators = ROOT / "shared" / "local" / "simulators"
    assert any(_named(folder, name) for folder in (simulators, simulators / name.partition("_")[0]))


@pytest.mark.parametrize("name", INTEGRATIONS)
def test_every_integration_is_tested(name: str) -> None:
    assert any((ROOT / "tests" / "integrations").rglob(f"test_{name}.py"))


@pytest.mark.parametrize("name", SIMULATED)
def test_every_simulator_is_tested(name: str) -> None:
    simulated = ROOT / "tests" / "sim"
    assert (simulated / f"test_{name}.py").is_file() or any((simulated / name).glob("test_*.py"))
