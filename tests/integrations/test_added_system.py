"""Another system is a folder and one line: added as a contributor adds it, it is used like any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDED = ROOT / "tests" / "fixtures" / "systems"
LINE = "from shared.integrations.echo.system import ECHO as ECHO\n"


def tree_with_echo(into: Path) -> Path:
    """Make a `shared` that has the folder and the line, and is the one here in all else."""
    shared, integrations = into / "shared", into / "shared" / "integrations"
    integrations.mkdir(parents=True)
    for each in (ROOT / "shared").iterdir():
        if each.name != "integrations":
            (shared / each.name).symlink_to(each)
    for each in (ROOT / "shared" / "integrations").iterdir():
        if each.name != "systems.py":
            (integrations / each.name).symlink_to(each)
    (integrations / "echo").symlink_to(ADDED / "echo")
    table = (ROOT / "shared" / "integrations" / "systems.py").read_text(encoding="utf-8")
    before, last, after = table.rpartition("from shared.integrations.")
    line, _, rest = after.partition("\n")
    (integrations / "systems.py").write_text(f"{before}{last}{line}\n{LINE}{rest}", encoding="utf-8")
    return into


def test_a_folder_and_one_line_are_all_that_another_system_takes(tmp_path: Path) -> None:
    tree = tree_with_echo(tmp_path / "tree")
    env = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, str(ADDED / "use_echo.py"), str(tmp_path)],
        capture_output=True, text=True, timeout=120, cwd=tmp_path, env=env,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["offered"], told["waits"], told["heard_before"]) == ([False, True], ["echo"], [])
    assert (told["done"], told["heard"]) == ([True], [["Bearer word-of-echo", "hello"]])
    assert (told["title"], told["way_back"], told["seconds"]) == ("Echo", "workwright account echo", [2, 4])
    assert told["doctor"] == [["ok", f"used at {told['url']}"]]
    assert told["connected"] == [
        "Nothing was given.",
        "That is a token of Notion, and Echo was to be tried; it was not sent.",
        "Echo does not accept this token.",
        "nymph",
    ]
    taken = "Echo takes this token of nymph."
    assert (told["set_up"]["asked"], told["set_up"]["kept"]) == ([["ok", taken]], True)
    assert taken in told["set_up"]["shown"]
    assert told["set_up"]["chosen"] == {"echo": {"mode": "real", "login": "nymph", "address": told["url"]}}
    assert told["told"] == ["echo:sent"]
    assert told["heard_as_message"] == ["Bearer word-of-echo", "hall: Ready"]
    assert told["guarded"]["found"] == ["echo-token"]
    assert told["guarded"]["refused"] == [["protected", "echo.toml"]]
    assert told["guarded"]["path"].endswith(" or .echo")
    assert told["held"] == ["word-of-echo"]  # so that no text of ours may hold it
