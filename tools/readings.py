"""Readings of our prompts: `python tools/readings.py keep FOLDER NAME`, `calls`, `stale`.

`keep` makes fixtures of requests and answers that a server has saved: q-001.json is the body of a request, a-001.txt
the answer, and `## 1` in notes.md what the reader found. `calls` counts calls and tokens of each page's run, and
`stale` names the readings whose prompt has changed since.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.measures.prompts import parts_of  # noqa: E402
from tests.support.measures.readings import FOLDER, readings, stale, task_of, without_shape  # noqa: E402

_MAX, _HEAD = 1500, 700  # characters of one part that are kept whole; of a longer one the beginning
_FOUND = 320  # characters of what the reader found
_UUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])")  # also behind a JSON \n
_RUN = re.compile(r"run-[0-9a-f]{24}(?![0-9a-f])")
_FENCE = re.compile(r"data-[0-9a-f]{12}(?![0-9a-f])")
_PORT = re.compile(r"(127(?:\.|\[\.\])0(?:\.|\[\.\])0(?:\.|\[\.\])1):[3-6]\d{4}\b")
_ONCE = {"plan", "agent.critic", "agent.security-reviewer"}  # a second one follows a fault of the first, or a finding
_MENDS = {"code.repair"}
_NEEDED = {  # parts that an answer is checked against
    "plan": {"page", "steps that are done", "the team's repository"},
    "routine": {"page"},
    "code.outline": {"the approved plan"},
    "code.write": {"files to write now"},
    "ask": {"knowledge"},
    "preferences": {"feedback"},
    "summary": {"summary", "history"},
}


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    keep = commands.add_parser("keep", help="make fixtures of what a server has saved")
    keep.add_argument("folder", type=Path)
    keep.add_argument("name", help="what the files are called, before their number")
    keep.add_argument("--date", required=True, help="the day on which it was read, YYYY-MM-DD")
    keep.add_argument("--story", default="", help="the page whose run it was")
    keep.add_argument("--first", type=int, default=1)
    keep.add_argument("--last", type=int, default=999)
    keep.add_argument("--into", type=Path, default=FOLDER)
    commands.add_parser("calls", help="count calls and tokens of each page's run")
    commands.add_parser("stale", help="name the readings whose prompt has changed since")
    chosen = parser.parse_args(arguments)
    if chosen.command == "keep":
        try:
            lines = keep_all(chosen)
        except LookupError as error:
            parser.exit(1, f"{error.args[0]}\n")
    else:
        lines = count_calls() if chosen.command == "calls" else [f"{name}: {why}" for name, why in stale().items()]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def keep_all(chosen: argparse.Namespace) -> list[str]:
    """Write the fixtures; return their names. A request without an answer is left out."""
    notes = _notes(chosen.folder / "notes.md")
    chosen.into.mkdir(parents=True, exist_ok=True)
    kept = []
    for path in sorted(chosen.folder.glob("q-*.json")):
        number = int(path.stem[2:])
        answer = path.with_name(f"a-{path.stem[2:]}.txt")
        if chosen.first <= number <= chosen.last and answer.exists():
            asked = json.loads(path.read_text(encoding="utf-8"))
            made = _reading(asked, answer.read_text(encoding="utf-8"), notes.get(number, ""), chosen)
            target = (
                chosen.into / f"{chosen.name}-{number - chosen.first + 1:02d}-{made['task'].replace('.', '-')}.json"
            )
            target.write_text(_scrub_ids(json.dumps(made, ensure_ascii=False, indent=1)) + "\n", encoding="utf-8")
            kept.append(target.name)
    return kept


def _reading(asked: dict[str, Any], answer: str, found: str, chosen: argparse.Namespace) -> dict[str, Any]:
    messages = asked["messages"]
    task, prompt_of_task = task_of(messages[0]["content"])
    form = json.dumps(asked.get("response_format", {}))
    return {
        "date": chosen.date,
        "story": chosen.story,
        "task": task,
        "version": prompt_of_task.version,
        "hash": prompt_of_task.hash,
        "asked": (sum(len(each["content"]) for each in messages) + len(form)) // 4,
        "answered": len(answer) // 4,
        "found": found,
        "accepted": True,
        "refused": "",
        "messages": [{"role": each["role"], "content": _short(each, task, answer)} for each in messages],
        "answer": answer,
    }


def _short(message: dict[str, str], task: str, answer: str) -> str:
    """Return what is kept of a message: of long parts the beginning, unless an answer is checked against them."""
    text = message["content"]
    if message["role"] == "system":
        return without_shape(text)
    ours, _, rest = text.partition("What stands between <data-")
    text = _cut(ours) + (f"What stands between <data-{rest}" if rest else "")
    touched = _list_edited_files(answer) if task == "code.repair" else set()
    for name, source, part in parts_of(text):
        needed = {name, source} & _NEEDED.get(task, set()) or source in touched
        if not needed and len(part) > _MAX:
            text = text.replace(part, _cut(part), 1)
    return text


def _list_edited_files(answer: str) -> set[str]:
    """Return the files that a repair edits: their text is what its edits are checked against."""
    return {f"file {each['path']}" for each in json.loads(answer)["edits"]}


def _cut(text: str) -> str:
    return text if len(text) <= _MAX else f"{text[:_HEAD]}\n… ({len(text) - _HEAD} characters are not kept)\n"


def _notes(path: Path) -> dict[int, str]:
    """Return what the reader found, by the number of the request, in a line."""
    sections = re.split(r"^## (\d+).*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = {}
    for number, text in zip(sections[::2], sections[1::2], strict=True):
        line = " ".join(text.split())
        end = line.rfind(". ", 0, _FOUND) + 1 or _FOUND
        found[int(number)] = line if len(line) <= _FOUND else line[:end]
    return found


def _scrub_ids(text: str) -> str:
    """Return the text with stable signs in place of ids, random numbers and ports, the same for the same one."""
    seen: dict[str, str] = {}

    def sign(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"00000000-0000-4000-8000-{len(seen) + 1:012d}")

    def run(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"run-{len(seen) + 1:024d}")

    text = _FENCE.sub("data-000000000000", _RUN.sub(run, _UUID.sub(sign, text)))
    return _PORT.sub(r"\1", text)


def count_calls() -> list[str]:
    """Return for each page's run how many calls of which task there were, how many it needed, and their tokens."""
    lines = []
    for story in dict.fromkeys(each.story for each in readings() if each.story):
        calls = [each for each in readings() if each.story == story]
        tasks = Counter(each.task for each in calls)
        lines.append(
            f"{story}: {len(calls)} calls ({', '.join(f'{task} {count}' for task, count in tasks.items())}), "
            f"{count_needed(tasks)} needed, {sum(each.asked for each in calls):,} tokens asked, "
            f"{sum(each.answered for each in calls):,} answered"
        )
    return lines


def count_needed(tasks: Mapping[str, int]) -> int:
    """Return how many calls there are where each first answer does and no look finds anything to mend."""
    return sum(0 if task in _MENDS else min(count, 1) if task in _ONCE else count for task, count in tasks.items())


if __name__ == "__main__":
    sys.exit(main())
