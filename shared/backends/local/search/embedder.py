"""The small vector model on this machine: all-MiniLM-L6-v2 with 8-bit weights, under onnxruntime.

An extra: without `numpy`, `onnxruntime` or the model's files the product searches by words alone. `make vectors`
installs and builds them; nothing is fetched at run time. English only. Figures: retrieval, 3.1.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from importlib import util
from pathlib import Path
from typing import Any

from shared.backends.local.search.word_pieces import WordPieces
from shared.core.errors import ConfigError
from shared.ports.knowledge import Vector

_BATCH, _TOKENS = 8, 512  # texts at once, and tokens with their padding: larger ones only need more memory
_MANIFEST = "manifest.json"
_NEEDED = ("numpy", "onnxruntime")


def default_vectors_folder() -> Path:
    """Return where `make vectors` puts the model: beside the Python it is for."""
    return Path(sys.prefix) / "share" / "workwright" / "vectors"


def explain_missing_vectors(folder: Path) -> str:
    """Return what is missing for the vector model, and the way out; "" when nothing is."""
    missing = [name for name in _NEEDED if util.find_spec(name) is None]
    if missing:
        return f"{' and '.join(missing)} not installed: `make vectors` installs and builds what vectors need"
    if not (folder / _MANIFEST).is_file():
        return f"there is no vector model in {folder}: `make vectors` builds it"
    return ""


def local_embedder(folder: Path | None = None) -> MiniLM | None:
    """Return the model, or None where the extra or the files are absent. Raises ConfigError for damaged files."""
    folder = folder or default_vectors_folder()
    return None if explain_missing_vectors(folder) else MiniLM(folder)


class MiniLM:
    """The model, loaded when it is first asked. Queries and documents are embedded alike."""

    def __init__(self, folder: Path) -> None:
        about = _check_files(folder)
        self.id = str(about["id"])
        self.dimensions = int(about["dimensions"])
        self._folder = folder
        self._pieces = WordPieces(folder / "vocab.txt", int(about["words"]))
        self._session: Any = None

    def embed(self, texts: Sequence[str], kind: str) -> list[Vector]:
        """Return one vector of unit length per text, in the order of the texts."""
        import numpy as np

        session = self._load_session()
        numbers = [self._pieces.numbers(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda at: len(numbers[at]))  # alike lengths together: little padding
        found: dict[int, Vector] = {}
        for batch in _batches(order, [len(each) for each in numbers]):
            longest = len(numbers[batch[-1]])
            ids = np.zeros((len(batch), longest), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, at in enumerate(batch):
                ids[row, : len(numbers[at])] = numbers[at]
                mask[row, : len(numbers[at])] = 1
            vectors = session.run(None, {"ids": ids, "mask": mask})[0]
            found.update(zip(batch, vectors, strict=True))
        return [found[at] for at in range(len(texts))]

    def _load_session(self) -> Any:
        if self._session is None:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two pools of threads would fight for the cores
            import onnxruntime  # type: ignore[import-untyped]

            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            options.intra_op_num_threads = min(os.cpu_count() or 1, 4)
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = onnxruntime.InferenceSession(
                str(self._folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        return self._session


def _batches(order: Sequence[int], lengths: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield parts of `order`, which is by ascending length; the memory of a part grows with its padded tokens."""
    batch: list[int] = []
    for at in order:
        if batch and (len(batch) == _BATCH or (len(batch) + 1) * lengths[at] > _TOKENS):
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _check_files(folder: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    for name, expected in about["files"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise ConfigError(f"{path} is not what was built; `make vectors` builds it anew")
    return about
