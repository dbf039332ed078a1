"""A team of a real workspace is deleted: a later start brings nothing of it back, and whoever connects is new."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from shared import log
from shared.app.api.keys import caller_of
from shared.app.engine.switches import erase_command
from shared.app.installation.home import APPLIED, AROUND, REAL_HOME, home_of
from shared.app.tenants.tenant_delete import erase_tenant, request_deletion
from shared.cli.root import workwright
from shared.core.errors import ConfigError
from shared.core.tenants.erasure import ERASURES, TOMBSTONES
from shared.local.runtime import House
from shared.local.settle import see_that_it_is_free, settle_by_choice
from shared.ports import SYSTEM, Put
from shared.wiring.tools import wire_accounts, wire_tools
from tests.support.rigs.house import own_settings
from tests.support.simulators.real_notion import RealNotion, real_notion

pytestmark = pytest.mark.slow
NONE = "".join(f'[{part}]\nuse = "none"\n' for part in ("code", "sites", "slack", "mail"))
LIMITS = "[limits]\nrun = 2.5\n"


def _init(data: Path, notion: RealNotion) -> None:
    answers = data.parent / "answers.toml"
    table = f'[notion]\nuse = "real"\nsecret = "env:TEAM"\npage = "{notion.page}"\naddress = "{notion.url}"\n'
    answers.write_text(table + NONE + LIMITS, encoding="utf-8")
    with own_settings(TEAM=notion.secret):
        done = CliRunner().invoke(workwright, ["init", "--from", str(answers), "--data", str(data)])
    assert done.exit_code == 0, (done.output, done.exception)


@contextmanager
def _house(data: Path) -> Iterator[House]:
    """Open a house that delivers nothing: only its doors answer."""
    with own_settings(WORKWRIGHT_BROWSER="off"):
        log.show_from("CRITICAL")
        house = House(data, 0)
        try:
            yield house
        finally:
            house.stop()
            log.show_from("INFO")


def test_a_later_start_does_not_bring_it_back_and_a_new_connection_begins_anew(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with real_notion() as notion:
        _init(data, notion)
        with _house(data) as house:
            deps = house.wired.deps
            assert settle_by_choice(house) is True
            tenant = home_of(deps)
            request_deletion(deps, tenant, tenant, "ada")
            erase = erase_command(tenant, "0", None)
            erase_tenant(erase, deps, wire_tools(), wire_accounts())  # up to where it waits for late attempts
            _see_that_nothing_settles(house, tenant)
            assert settle_by_choice(house) is False  # `up` goes on, and with it the deletion
            _let_the_wait_be_over(house, tenant)
            erase_tenant(erase, deps, wire_tools(), wire_accounts())
            assert deps.store.get(SYSTEM, TOMBSTONES, tenant) is not None
            assert [deps.store.get(SYSTEM, *place) for place in (REAL_HOME, APPLIED, AROUND)] == [None] * 3
        with _house(data) as house:
            with pytest.raises(ConfigError, match="workwright init notion"):
                settle_by_choice(house)
            _see_that_nothing_settles(house, tenant)
            assert house.wired.deps.store.erase(tenant) == 0
        old = (data / "owner.key").read_text("ascii")
        _init(data, notion)
        with _house(data) as house:
            assert settle_by_choice(house) is True
            deps = house.wired.deps
            settings = deps.store.get(home_of(deps), "settings", "tenant")
            assert settings is not None
            assert settings.body["budget"]["run"] == 2_500_000  # carried over to the one that is new
            assert (data / "owner.key").read_text("ascii") != old
            assert caller_of(deps, f"Bearer {(data / 'owner.key').read_text('ascii')}").tenant == home_of(deps)


def test_a_folder_that_still_remembers_a_deleted_team_forgets_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with real_notion() as notion:
        _init(data, notion)
        with _house(data) as house:
            deps, tenant = house.wired.deps, home_of(house.wired.deps)
            while deps.store.erase(tenant):
                pass
            deps.store.put(SYSTEM, Put(TOMBSTONES, tenant, {"at": "", "by": "", "counts": {}, "left": [], "done": ""}))
            _see_that_nothing_settles(house, tenant)
            with pytest.raises(ConfigError, match="workwright init notion"):
                settle_by_choice(house)
            assert deps.store.get(SYSTEM, *REAL_HOME) is None
            assert deps.store.erase(tenant) == 0


def _see_that_nothing_settles(house: House, tenant: str) -> None:
    deps = house.wired.deps
    see_that_it_is_free(house)
    assert home_of(deps) == ""
    assert deps.store.get(tenant, "settings", "tenant") is None


def _let_the_wait_be_over(house: House, tenant: str) -> None:
    deps = house.wired.deps
    doc = deps.store.get(SYSTEM, ERASURES, tenant)
    assert doc is not None
    assert doc.body["phase"] == "settle"
    began = (deps.clock.now() - deps.lease - timedelta(minutes=1)).isoformat()
    body = {name: value for name, value in doc.body.items() if name != "until"} | {"at": began}
    deps.store.put(SYSTEM, Put(ERASURES, tenant, body, doc.version))
