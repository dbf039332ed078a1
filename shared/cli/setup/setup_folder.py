"""The data folder opened for a set-up: its ports and accounts, with the addresses that its choices name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.cli.operations.operate import operator
from shared.local.configuration.choices import Choices
from shared.local.configuration.runtime_environment import surroundings
from shared.settings import process_environment

if TYPE_CHECKING:
    from shared.accounts.accounts import Accounts
    from shared.app.engine.deps import Deps
    from shared.app.engine.tools import Tools


@dataclass(frozen=True, slots=True)
class Opened:
    """What a set-up works on."""

    deps: Deps
    accounts: Accounts
    tools: Tools


@contextmanager
def open_folder(data: Path, choices: Choices) -> Iterator[Opened]:
    """Lend the ports of a folder in which nothing runs; raises ConfigError while another process has it."""
    from shared.wiring.tools import wire_accounts, wire_tools

    before = dict(process_environment())
    process_environment().update(surroundings(choices, {}, process_environment()))
    try:
        with operator(data) as (deps, _):
            yield Opened(deps, wire_accounts(), wire_tools())
    finally:
        for cached in (wire_accounts, wire_tools):
            cached.cache_clear()
        process_environment().clear()
        process_environment().update(before)
