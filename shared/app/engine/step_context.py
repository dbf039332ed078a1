"""What a step may use in one attempt, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.app.code.snapshots import keep_snapshot
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.models.contexts import keep_context
from shared.app.pauses.watch import Watch, WatchedSandbox
from shared.app.workspace.write_journal import noting
from shared.core.errors import ConfigError
from shared.core.run.run import Run, Step
from shared.ports.model import Model
from shared.steps._kind import StepContext

if TYPE_CHECKING:
    from shared.mind.context import Part

from shared.app.engine.tools import Tools


def no_model() -> Model:
    """Raise: nothing that costs may be asked where no meter runs."""
    raise ConfigError("this step was given no model to ask")


def context_of(deps: Deps, run: Run, step: Step, tools: Tools, think: Callable[[], Model] = no_model) -> StepContext:
    system = step.spec.kind.partition(".")[0]
    decided = run.opened_at if step.home else None  # whoever has it retried has looked what became of it
    watch = Watch(deps, run)
    effects = Effects(
        deps, run.tenant, f"{step.home or run.id}.{step.id}", step.spec.kind, system, decided, watch.before_write
    )
    return StepContext(
        run=run,
        step=step,
        connect=tools.accounts.connect_for(run.tenant, noting(deps, run)),
        effect=effects,
        keep_text=lambda text: keep_text(deps, run, text, step.spec.kind),
        get_text=lambda ref: deps.store.get_text(run.tenant, ref),
        model=think,
        sandbox=lambda: WatchedSandbox(tools.sandbox(), watch),
        now=deps.clock.now,
        settings=tools.settings(run.tenant),
        run_url=run_url(deps, run),
        check_site=tools.check_site,
        kinds=tools.kinds,
        keep_context=lambda context: keep_context(deps, run, step, context, tools.known_secrets(run.tenant)),
        keep_snapshot=lambda number, about: keep_snapshot(deps, run, step, number, about),
        packages=tools.packages,
        knowledge=lambda query: _find_knowledge(deps, run, tools, query),
        site_environment=lambda: tools.site_environment(run.tenant),
        browser=tools.browser,
        listen=lambda system, repository: _listen(deps, run, tools, system, repository),
    )


def _listen(deps: Deps, run: Run, tools: Tools, system: str, repository: str) -> str:
    """See that a forge tells us its news; loaded by the one step that asks."""
    from shared.app.connections.forge_hooks import listen

    return listen(deps, tools.accounts.connect_for(run.tenant), run.tenant, system, repository)


def _find_knowledge(deps: Deps, run: Run, tools: Tools, query: str) -> list[Part]:
    """Return what the workspace says; what searches is loaded by those steps alone that ask."""
    from shared.app.knowledge.knowledge_search import knowledge_parts

    return knowledge_parts(deps, tools, run.tenant, query)


def keep_text(deps: Deps, run: Run, text: str, label: str) -> str:
    """Keep a text beside the run; return its address."""
    ref = deps.store.put_text(run.tenant, text)
    deps.crash_point(f"text.after/{label}")
    return ref


def run_url(deps: Deps, run: Run) -> str:
    """Return where people can look at the run."""
    return f"{deps.public_url}/v1/runs/{run.id}"
