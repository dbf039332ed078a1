"""What must hold of every page that shows somebody's words: it kept to its own address, and ran nothing."""

from __future__ import annotations

from tests.support.measures.browser import Tab

RUN = "alert(1);window.ran=true"


def keeps_quiet(tab: Tab, origin: str) -> None:
    """Fail unless the tab asked only its own address, said nothing, and holds nothing that runs or loads."""
    assert tab.seen.trouble == [], tab.seen.trouble
    assert tab.seen.requests != []
    assert [asked for asked in tab.seen.requests if not asked.startswith(f"{origin}/")] == []
    assert tab.run("window.ran === undefined") is True
    assert tab.run("document.querySelectorAll('script, img, svg, iframe, object, embed').length") == 0
