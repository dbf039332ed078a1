"""Where code and sites go when nobody has said it: to what the team connected, then to what is there for all."""

from __future__ import annotations

import pytest

from shared.integrations.ship_settings import ship_of


@pytest.mark.parametrize(
    ("connected", "granted", "code", "site"),
    [
        ([], [], "", ""),
        (["github", "vercel"], ["github", "vercel"], "github", "vercel"),
        (["gitlab"], ["gitlab"], "gitlab", ""),
        (["github", "gitlab"], ["github", "gitlab"], "github", ""),
        (["cloud_storage"], [], "", "cloud_storage"),
        (["vercel", "cloud_storage"], ["vercel"], "", "vercel"),
        (["cloud_storage"], ["vercel"], "", "vercel"),  # Vercel has locked us out: it waits, and moves to no other host
        (["gitlab"], ["github", "gitlab"], "gitlab", ""),
        (["cloud_storage", "local_sites"], [], "", "local_sites"),
        (["local_sites", "vercel"], ["vercel"], "", "vercel"),
        (["local_sites"], ["vercel"], "", "vercel"),
    ],
)
def test_what_is_not_named_is_what_the_team_connected(
    connected: list[str], granted: list[str], code: str, site: str
) -> None:
    ship = ship_of({"connected": connected, "granted": granted})
    assert (ship.code.system, ship.site.system) == (code, site)


def test_what_is_named_is_taken_at_its_word() -> None:
    settings = {"connected": ["vercel", "github"], "ship": {"site": {"system": "cloud_storage"}}}
    assert ship_of(settings).site.system == "cloud_storage"
