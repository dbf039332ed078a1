"""Sites of a folder in the browser that looks at previews: their names below `localhost` lead here by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.backends.local.browser.chromium import find_browser
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites
from shared.lasting_port import find_lasting_port
from shared.local.serve import listen
from shared.local.sites.serving import SitesApp
from tests.support.parts import require

pytestmark = pytest.mark.slow

_HEAD = '<!doctype html><html lang="en"><head><title>Club</title><link rel="stylesheet" href="style.css">'
# A page that wants to be seen by its neighbours leaves a cookie for the domain above; the browser must refuse that.
_WIDE = "<script>document.cookie='wide=1;domain=localhost';if(document.cookie)console.error('it was taken')</script>"
_OWN = "<script>document.cookie='own=1';if(document.cookie!=='own=1')console.error('not taken')</script>"
GOOD = f"{_HEAD}</head><body><h1>Club</h1><p>We repair bicycles.</p>{_WIDE}{_OWN}</body></html>"


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[LocalSites]:
    disk = Disk(tmp_path / "sites")
    disk.prepare()
    server = listen(SitesApp(disk.root, ("localhost",)), find_lasting_port())
    yield LocalSites(disk, "t-1", f"http://localhost:{server.server_port}")
    server.shutdown()
    server.server_close()


def test_a_preview_is_looked_at_by_its_name_and_its_cookies_stay_with_it(sites: LocalSites) -> None:
    require("chromium")
    made = sites.deploy(sites.ensure_site("club"), {"index.html": GOOD.encode(), "style.css": b"h1{color:#222}"}, {})
    base = f"http://{made.url}/"
    good, missing = find_browser("auto").look([base, f"{base}nowhere.html"], within=base, headers={})
    assert good.trouble == ()
    assert "404" in " ".join(missing.trouble)
