"""Take the pictures of the tutorial anew, from the running product: `python tools/tutorial_pictures.py`.

The story of the demo is told once with the tutorial's idea, on simulated systems in a fresh folder; where a person is
asked, and at the end, Chromium looks at what they see then. Look at the pictures before they are kept.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "start" / "pictures"
sys.path.insert(0, str(ROOT))

from shared import log  # noqa: E402
from shared.app.approval.approvals import approval_url  # noqa: E402
from shared.core.approval.gates import waiting_kind  # noqa: E402
from shared.core.run.run import Run  # noqa: E402
from shared.integrations.notion.markdown.markdown import parse_markdown  # noqa: E402
from shared.local.configuration.harmless import leave_out_the_real  # noqa: E402
from shared.local.runtime import House  # noqa: E402
from shared.local.story.demo import Progress, tell_story  # noqa: E402
from tests.support.measures.browser import Browser, Tab  # noqa: E402

_IDEA = """# Bicycle market

On Saturday, 9 May, from 10 to 16 o'clock, people sell used bicycles in the yard of the old fire station.

## For sellers

- Bring your bicycle between 8 and 9:30.
- A table costs 5 euros.
- Children sell for free.

## For visitors

- Mechanics look over brakes and lights.
- There is soup, coffee and cake.
- Dogs stay outside.
"""
_WIDTH = 800
_HEIGHTS = {"plan-ready": 1640, "approval": 960, "site": 800}  # of the page: what there is to see of it
_SCALE = 0.8
_WRITTEN_S = 3.0  # until the page is as the run has it
# Signs that this machine has no letters for would be empty boxes.
_WITHOUT_SIGNS = "document.querySelectorAll('.callout > :first-child').forEach((it) => it.style.visibility = 'hidden')"


def take(folder: Path) -> None:
    """Tell the story and write the pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workwright-pictures-") as data, Browser() as browser:
        house = House(Path(data), 0)
        house.start()
        try:
            with browser.tab((_WIDTH, 900)) as tab:
                _story(house, tab, folder)
        finally:
            house.stop()


def _story(house: House, tab: Tab, folder: Path) -> None:
    def ask(run: Run) -> bool:
        time.sleep(_WRITTEN_S)
        kind = waiting_kind(run)
        if kind == "plan":
            _look(tab, f"{house.simulators['notion']}/p/{run.trigger.page}", folder, "plan-ready")
        if kind == "release":
            _look(tab, approval_url(house.wired.deps, run), folder, "approval")
        return True

    story = tell_story(house, parse_markdown(_IDEA, name="Bicycle market"), Progress(lambda _what, _run: None, ask))
    if not story.ok:
        raise SystemExit(f"the story did not end well: {story.checks}")
    _look(tab, str(story.deployment["url"]), folder, "site")


def _look(tab: Tab, url: str, folder: Path, name: str) -> None:
    tab.open(url)
    tab.run(_WITHOUT_SIGNS)
    target = folder / f"{name}.png"
    tab.screenshot(target, (_WIDTH, _HEIGHTS[name], _SCALE))
    sys.stdout.write(f"{target.name}: {target.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    leave_out_the_real(os.environ)
    log.show_from("ERROR")
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
