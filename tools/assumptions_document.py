"""Write `docs/reference/assumptions.md` out of the probes: what our simulators assume of the real systems."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from shared.cli.probe.calls import Probe  # noqa: E402
from shared.cli.probe.probes import PROBES  # noqa: E402

TARGET = ROOT / "docs" / "reference" / "assumptions.md"

_HEAD = """# What our simulators assume

Tests run against simulators of the systems that Workwright works with. Each of them says what it was told that the real
system says; nobody has proven that by asking. `workwright probe SYSTEM` does: it makes the calls below in a place that
you name, compares each answer with what is assumed here, and removes what it has made
([how](../guides/operations.md#probe-the-real-systems)). The same calls to the simulators are a test.

This page is written by `python tools/assumptions_document.py` from the probes. A line without a source rests on no word
of the vendor's: it is the first to be doubted.
"""


def render_page() -> str:
    """Return the page."""
    return _HEAD + "".join(line + "\n" for probe in PROBES.values() for line in _section(probe))


def _section(probe: Probe) -> Iterator[str]:
    yield from ("", f"## {probe.title}", "", f"`workwright probe {probe.system}`, {len(probe.calls)} calls.", "")
    yield from ("| Call | What is assumed | Source |", "|---|---|---|")
    for call in probe.calls:
        source = f"[{_last(call.page)}]({call.page})" if call.page.startswith("https://") else "–"
        yield f"| {call.name} | {_cell(call.assumes)} | {source} |"
    if probe.no_harm:
        yield from ("", "Relied on as well, and not asked, because that would do harm or cannot be brought about:", "")
        yield from (f"- {what} ({why})." for what, why in probe.no_harm)


def _last(address: str) -> str:
    """Return the last part of an address, which is how vendors name their pages."""
    path = address.partition("#")[0].rstrip("/")
    return path.rpartition("/")[2]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(render_page(), encoding="utf-8")
