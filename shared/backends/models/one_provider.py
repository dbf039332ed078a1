"""One provider as a Model: for each task class the first of its models that suits, and no other way."""

from __future__ import annotations

from shared.core.errors import ConfigError
from shared.core.model_facts import Catalogue
from shared.core.run import Usage
from shared.ports import ModelRequest, ModelResult, Provider


class OneProvider:
    """Asks `provider` for everything."""

    def __init__(self, provider: Provider, catalogue: Catalogue) -> None:
        self.name = provider.name
        self._provider = provider
        self._catalogue = catalogue

    def estimate(self, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost."""
        return self._provider.estimate(self._model(request.task_class), request)

    def window(self, task_class: str) -> int:
        """Return the window of the class's model."""
        return self._provider.window(self._model(task_class))

    def count(self, request: ModelRequest) -> int:
        """Return the tokens of the prompt."""
        return self._provider.count(self._model(request.task_class), request)

    def complete(self, request: ModelRequest) -> ModelResult:
        """Ask once."""
        return self._provider.complete(self._model(request.task_class), request)

    def _model(self, task_class: str) -> str:
        suiting = self._catalogue.references(task_class, self.name)
        if not suiting:
            raise ConfigError(f"no model of {self.name} is set for the task class {task_class!r}")
        return suiting[0].partition("/")[2]
