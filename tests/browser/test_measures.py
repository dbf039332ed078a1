"""The driver and its measures, judged by pages whose figures are published or plain to see."""

from __future__ import annotations

import pytest

from tests.support.measures.browser import PHONE, Browser
from tests.support.measures.page_measures import contrast, overflow

pytestmark = pytest.mark.xdist_group("browser-measures")


def _data(html: str) -> str:
    return "data:text/html;charset=utf-8," + html.replace("#", "%23")


@pytest.mark.parametrize(
    ("text", "ground", "ratio"),
    [("#000", "#fff", 21.0), ("#767676", "#fff", 4.54), ("#777", "#fff", 4.48), ("#fff", "#0000ff", 8.59)],
)
def test_contrast_is_that_of_published_pairs(browser: Browser, text: str, ground: str, ratio: float) -> None:
    with browser.tab() as tab:
        tab.open(_data(f'<body style="background:{ground}"><p style="color:{text}">words'))
        assert contrast(tab).ratio == pytest.approx(ratio, abs=0.005)


def test_faded_text_is_as_light_as_it_looks(browser: Browser) -> None:
    with browser.tab() as tab:
        tab.open(_data('<body style="background:#fff"><p>black<p style="opacity:.5">grey'))
        measured = contrast(tab)
    # half of black over white is rgb(127.5, ...): ((0.5 + 0.055) / 1.055) ** 2.4 = 0.2140, and 1.05 / 0.2640 = 3.977
    assert (measured.words, measured.texts) == ("grey", 2)
    assert measured.ratio == pytest.approx(3.977, abs=0.01)


def test_a_page_that_is_too_wide_is_found(browser: Browser) -> None:
    meta = '<meta name="viewport" content="width=device-width">'
    with browser.tab(PHONE) as tab:
        tab.open(_data(f'{meta}<body style="margin:0"><div style="width:400px">wide'))
        assert overflow(tab) in (40, 41)  # the browser zooms out to show it all, and rounds
        tab.open(_data(f'{meta}<body style="margin:0"><div style="width:360px">fits'))
        assert overflow(tab) == 0


def test_a_page_that_misbehaves_is_noticed(browser: Browser) -> None:
    with browser.tab() as tab:
        script = "alert('here'); console.log('said'); nothing.there"
        tab.open(_data(f"<img src='http://elsewhere.example/x.png'><script>{script}</script>"))
        assert tab.seen.dialogs == ["alert: here"]
        assert "log: said" in tab.seen.console
        assert len(tab.seen.exceptions) == 1
        assert "http://elsewhere.example/x.png" in tab.seen.requests


def test_without_scripts_nothing_runs(browser: Browser) -> None:
    with browser.tab(scripts=False) as tab:
        tab.open(_data("<title>before</title><script>document.title = 'after'; alert(1)</script>"))
        assert (tab.run("document.title"), tab.seen.dialogs) == ("before", [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_scheme_is_the_one_asked_for(browser: Browser, scheme: str) -> None:
    with browser.tab(scheme=scheme) as tab:
        assert tab.run(f"matchMedia('(prefers-color-scheme: {scheme})').matches") is True
