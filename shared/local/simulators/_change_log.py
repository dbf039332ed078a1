"""How a simulator's state outlives its process: a log of what changed, and a snapshot when the log has grown.

Enough to survive SIGKILL at any moment (the page cache lives on), not a power cut. What a state holds in a `Table` is
saved record by record, so that a write costs what it changed; the rest is small and saved by its top-level keys.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

LONGEST_LOG = 2_000_000  # bytes; a longer one is folded into a snapshot, unless that is larger still


class Table(dict[str, Any]):
    """Records by key. It remembers which were handed out: only those can have changed, and only those are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._handed: dict[str, None] = {}
        self._all_handed = False
        self._removed: dict[str, None] = {}
        self._saved: dict[str, int] = {}  # key -> hash of the record as it was last written

    def strip_derived(self, record: Any) -> Any:
        """Return what of a record is written; what can be worked out again need not be."""
        return record

    def scan(self) -> Iterator[Any]:
        """Give all records for reading alone: a change to them would not be saved."""
        return iter(super().values())

    def __getitem__(self, key: str) -> Any:
        self._handed[key] = None
        return super().__getitem__(key)

    def __setitem__(self, key: str, record: Any) -> None:
        self._handed[key] = None
        super().__setitem__(key, record)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self._forget(key)

    def _forget(self, key: str) -> None:
        self._removed[key] = None
        self._saved.pop(key, None)
        self._handed.pop(key, None)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a record, or the default."""
        self._handed[key] = None
        return super().get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return a record, made if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str, *default: Any) -> Any:
        """Take a record out."""
        taken = super().pop(key, *default)
        self._forget(key)
        return taken

    def values(self) -> Any:
        """Return all records."""
        self._all_handed = True
        return super().values()

    def items(self) -> Any:
        """Return all keys with their records."""
        self._all_handed = True
        return super().items()

    def take_over(self, removed: list[str], records: Json) -> None:
        """Do again what the disk says was done; nothing of it is a change that would have to be written once more."""
        for key in removed:
            super().pop(key, None)
        super().update(records)

    def changes(self) -> str:
        """Return what changed since the last time as JSON text, or an empty text."""
        parts = []
        for key in self if self._all_handed else self._handed:
            if key not in self:
                continue
            text = json.dumps(self.strip_derived(super().__getitem__(key)), ensure_ascii=False)
            if self._saved.get(key) != hash(text):
                self._saved[key] = hash(text)
                parts.append(f"{json.dumps(key)}:{text}")
        removed = list(self._removed)
        self.settle()
        self._removed.clear()
        return f'{{"del":{json.dumps(removed)},"set":{{{",".join(parts)}}}}}' if parts or removed else ""

    def settle(self) -> None:
        """Forget who was handed out: nobody changed anything."""
        self._handed.clear()
        self._all_handed = False

    def whole(self) -> Json:
        """Return everything as it is written."""
        return {key: self.strip_derived(record) for key, record in super().items()}


class ChangeLog:
    """The files of one simulator's state: `snapshot.json`, which names the log that goes on from it."""

    def __init__(self, folder: Path, longest: int = LONGEST_LOG) -> None:
        self.folder = folder
        self.longest = longest
        self.number = 0
        self._texts: dict[str, str] = {}  # of what is in no table, as last written
        self._snapshot_size = 0

    @property
    def _log(self) -> Path:
        return self.folder / f"changes.{self.number}.jsonl"

    def restore(self, state: Json) -> Json | None:
        """Bring a fresh state to what was saved; return the last journal entry that was saved with it."""
        entry: Json | None = None
        snapshot = self.folder / "snapshot.json"
        if snapshot.exists():
            text = snapshot.read_bytes().decode("utf-8", "surrogatepass")
            self._snapshot_size = len(text)
            saved = json.loads(text)
            self.number, entry = saved["log"], saved["entry"]
            tables = {name: {"del": [], "set": records} for name, records in saved["tables"].items()}
            _apply(state, {"tables": tables, "rest": saved["rest"]})
        for line in whole_lines(self._log):
            change = json.loads(line)
            _apply(state, change)
            entry = change["entry"] or entry
        return entry

    def save(self, state: Json, entry: Json | None) -> None:
        """Write what changed in one line, so that a kill cannot part it from its journal entry."""
        tables = {name: part.changes() for name, part in state.items() if isinstance(part, Table)}
        changed = ",".join(f"{json.dumps(name)}:{text}" for name, text in tables.items() if text)
        rest = {name: json.dumps(part, ensure_ascii=False) for name, part in state.items() if name not in tables}
        fresh = {name: text for name, text in rest.items() if self._texts.get(name) != text}
        self._texts.update(fresh)
        values = ",".join(f"{json.dumps(name)}:{text}" for name, text in fresh.items())
        written = json.dumps(entry, ensure_ascii=False)
        append_line(self._log, f'{{"tables":{{{changed}}},"rest":{{{values}}},"entry":{written}}}')
        if self._log.stat().st_size > max(self.longest, 2 * self._snapshot_size):
            self._fold(state, entry)

    def _fold(self, state: Json, entry: Json | None) -> None:
        old = self._log
        whole = {
            "log": self.number + 1,
            "tables": {name: part.whole() for name, part in state.items() if isinstance(part, Table)},
            "rest": {name: part for name, part in state.items() if not isinstance(part, Table)},
            "entry": entry,
        }
        text = json.dumps(whole, ensure_ascii=False)
        temporary = self.folder / "snapshot.json.new"
        temporary.write_bytes(text.encode("utf-8", "surrogatepass"))
        os.replace(temporary, self.folder / "snapshot.json")
        self.number += 1
        self._snapshot_size = len(text)
        old.unlink()


def _apply(state: Json, change: Json) -> None:
    for name, part in change["tables"].items():
        state[name].take_over(part["del"], part["set"])
    state.update(change["rest"])


def append_line(path: Path, text: str) -> None:
    """Add one line with one write."""
    with path.open("ab", buffering=0) as file:
        file.write(text.encode("utf-8", "surrogatepass") + b"\n")


def whole_lines(path: Path) -> list[str]:
    """Return the lines of a file; a last one that a kill cut off was never answered for and is taken away."""
    if not path.exists():
        return []
    raw = path.read_bytes()
    end = raw.rfind(b"\n") + 1
    if end < len(raw):
        os.truncate(path, end)
    # Only at line feeds: text may hold other signs that `splitlines` would take for the end of a line.
    return raw[:end].decode("utf-8", "surrogatepass").split("\n")[:-1]
