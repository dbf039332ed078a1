"""One attempt of one step: what it is made for, and what it may use."""

from __future__ import annotations

from dataclasses import dataclass

from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.money.budget import Meter
from shared.core.run.commands import Command
from shared.core.run.run import Run, Step
from shared.ports.model import Model


@dataclass(frozen=True, slots=True)
class Attempt:
    """The run and the step as they were read under the lease; the meter knows what may be spent, and what was."""

    command: Command
    deps: Deps
    tools: Tools
    run: Run
    step: Step
    meter: Meter

    def model(self) -> Model:
        """Return what the attempt may think with, at the run's cost."""
        return self.meter.model(self.tools.model(self.run.tenant))
