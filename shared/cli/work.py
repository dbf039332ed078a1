"""The versions of a run's work, as lines for the terminal."""

from __future__ import annotations

from typing import Any


def versions_table(found: dict[str, Any]) -> list[str]:
    """Return a line for each version, oldest first."""
    if not found["versions"]:
        return ["This run has written nothing that was tested."]
    return [_line(each) for each in found["versions"]]


def version_text(found: dict[str, Any]) -> list[str]:
    """Return one version in full: what came of its tests, its files, its diff."""
    lines = [_line(found), f"tree {found['tree']}"]
    if not found["kept"]:
        lines.append("Its files are no longer kept.")
    report = found["report"] or {}
    for name, excerpt in report.get("failures", ()):
        lines += ["", f"FAILED {name}", *(f"  {line}" for line in str(excerpt).splitlines())]
    own = report.get("own") or {}
    for what in ("changed", "removed"):
        if own.get(what):
            lines.append(f"tests of yours that it {what}: {', '.join(own[what])}")
    lines += [f"note: {note}" for note in report.get("notes", ())]
    lines += ["", *found["diff"].splitlines()]
    return [*lines, "… the diff goes on"] if found["cut"] else lines


def _line(version: dict[str, Any]) -> str:
    came = "green" if version["green"] else "red"
    cost = f"{version['cost']['micros'] / 1e6:.4f} USD"
    line = f"{version['n']:>3}  {came:<5}  {version['tests']:>4} tests  {version['seconds']:>6.1f} s  {cost}"
    why = str(version["reason"]).splitlines()
    return f"{line}  {why[0][:100]}" if why else line
