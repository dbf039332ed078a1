"""Programs are looked at in the sandbox: what a person has written well passes, and one fault in it is found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.backends.sandbox.choose import choose_sandbox
from shared.backends.sandbox.landlock import LandlockSandbox
from shared.cli.evaluate.looks.page_outcome import Finding, Made
from shared.cli.evaluate.looks.programs import command_of
from tests.support.builders.builtin_pages import PAGES
from tests.support.parts import require

SOLUTIONS = Path(__file__).resolve().parents[2] / "fixtures" / "evaluation" / "solutions"
PROGRAMS = sorted(name for name, page in PAGES.items() if page.kind in ("service", "tool"))


def _written(name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((SOLUTIONS / name).glob("*.py"))}


def _looked(name: str, files: Mapping[str, bytes]) -> list[Finding]:
    require("bubblewrap" if PAGES[name].kind == "service" else "sandbox")
    made = Made("done", files=files, origin="offline", sandbox=choose_sandbox())
    return [check.look(made) for check in PAGES[name].checks]


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_a_person_has_written_for_the_page_passes(name: str) -> None:
    assert [each for each in _looked(name, _written(name)) if not each.ok] == []


FAULTS = {
    "room-bookings": (b'begin < each["to"]', b'begin <= each["to"]', "may begin at the minute the other ends"),
    "invoice-renamer": (b"while target.exists() and target != path", b"while False", "R-2231-2.txt is not there"),
    "choir-members": (b"mine or other", b"mine", "differs in row 2"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_found_and_named(name: str) -> None:
    right, wrong, said = FAULTS[name]
    files = {path: text.replace(right, wrong) for path, text in _written(name).items()}
    assert files != _written(name)
    found = [each for each in _looked(name, files) if not each.ok]
    assert [each.ok for each in found] == [False]
    assert said in found[0].detail


def test_what_does_not_start_fails_with_its_own_words_and_what_is_not_there_fails_too() -> None:
    (found,) = _looked("parcel-price", {"price.py": b"raise SystemExit('no port for me')\n"})
    assert (found.ok, "no port for me" in found.detail) == (False, True)
    (found,) = _looked("parcel-price", {})
    assert (found.ok, found.detail) == (False, "nothing was written")


def test_without_a_sandbox_nothing_is_run_and_nothing_is_said_about_the_program() -> None:
    made = Made("done", files=_written("hours-report"), origin="offline")
    findings = [check.look(made) for check in PAGES["hours-report"].checks]
    assert [each.ok for each in findings] == [None, None]


def test_a_service_is_not_judged_where_the_sandbox_lets_no_program_listen() -> None:
    require("landlock")
    made = Made("done", files=_written("parcel-price"), origin="offline", sandbox=LandlockSandbox())
    (found,) = [check.look(made) for check in PAGES["parcel-price"].checks]
    assert (found.ok, "bubblewrap" in found.detail) == (None, True)


def test_a_program_is_called_where_it_lies_and_as_its_readme_says_where_it_has_another_name() -> None:
    asked = "python3 hours.py slips.csv"
    assert command_of({"hours.py": b""}, asked) == (["python3", "hours.py", "slips.csv"], "")
    assert command_of({"src/hours.py": b"", "tests/x.py": b""}, asked) == (["python3", "src/hours.py", "slips.csv"], "")
    readme = b"# Hours\n\n```sh\npython3 -m unittest discover\npython3 app/report.py FILE  # adds up\n```\n"
    words, problem = command_of({"README.md": readme, "app/report.py": b""}, asked)
    assert (words, problem) == (
        ["python3", "app/report.py", "slips.csv"], "there is no hours.py, which the page asks to call",
    )  # fmt: skip


def test_a_service_of_another_name_is_started_as_its_readme_says_and_that_is_told() -> None:
    text = (
        _written("parcel-price")["price.py"]
        .replace(b'os.environ["PORT"]', b"sys.argv[2]")
        .replace(b"import os", b"import sys")
    )
    files = {"app.py": text, "README.md": b"Start it with `python3 app.py serve 8000`.\n"}
    (found,) = _looked("parcel-price", files)
    assert (found.ok, found.detail) == (False, "there is no price.py, which the page asks to call")
