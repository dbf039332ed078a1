"""The rules as a provider of one model, so that they stand in the same lists as the vendors' models."""

from __future__ import annotations

from shared.backends.offline.model import OfflineModel
from shared.core.run.run import Usage
from shared.ports import ModelRequest, ModelResult


class OfflineProvider:
    """Has one model, of its own name; which one is asked for makes no difference."""

    name = OfflineModel.name

    def __init__(self) -> None:
        self._model = OfflineModel()

    def estimate(self, model: str, request: ModelRequest) -> Usage:
        """Return nothing: it costs nothing."""
        return self._model.estimate(request)

    def window(self, model: str) -> int:
        """Return more than anybody asks for."""
        return self._model.window("")

    def count(self, model: str, request: ModelRequest) -> int:
        """Return our estimate."""
        return self._model.count(request)

    def complete(self, model: str, request: ModelRequest) -> ModelResult:
        """Answer by rules; raises Refused where there are none for the task."""
        return self._model.complete(request)
