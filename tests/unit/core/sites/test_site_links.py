"""Every link of a site is followed, and nothing else is asked for."""

from __future__ import annotations

import pytest

from shared.core.ship.site_links import MAX_ADDRESSES, LinkReport, check_links

BASE = "http://site.example/preview"


def walked(pages: dict[str, str], *starts: str) -> tuple[LinkReport, list[str]]:
    asked: list[str] = []

    def fetch(url: str) -> tuple[int, str]:
        asked.append(url)
        path = url.removeprefix(BASE)
        return (200, pages[path]) if path in pages else (404, "")

    return check_links(BASE, starts, fetch), asked


def test_a_whole_site_is_walked_once() -> None:
    pages = {
        "/": '<a href="a.html">A</a><a href="a.html#top">A</a><link rel=stylesheet href="s.css"><img src=i.png>',
        "/a.html": '<a href="./">home</a><a href="#end">end</a><p id="end"></p><a href="mailto:a@b.example">mail</a>',
        "/s.css": "a{}",
        "/i.png": "\x89PNG",
    }
    report, asked = walked(pages)
    assert report == LinkReport(pages=2, addresses=4)
    assert sorted(asked) == sorted(f"{BASE}{path}" for path in pages)


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ('<a href="gone.html">x</a>', "/ leads to /gone.html, which answers 404"),
        ('<script src="app.js"></script>', "/ leads to /app.js, which answers 404"),
        ('<a href="#nowhere">x</a>', "/ leads to #nowhere, which is not on /"),
        ('<a href="/other/place">x</a>', "/ leads out of the site, to /other/place"),
        ('<a href="../up.html">x</a>', "/ leads out of the site, to /up.html"),
    ],
)
def test_what_leads_nowhere_is_named_with_its_page(page: str, wrong: str) -> None:
    report, _ = walked({"/": page})
    assert report.broken == (wrong,)


def test_others_are_named_when_the_page_loads_them_and_never_asked() -> None:
    page = (
        '<a href="https://e.example/read">read</a><script src="https://cdn.example/x.js"></script>'
        '<img src="//pics.example/a.png"><link rel="canonical" href="https://e.example/">'
        '<a href="http://169.254.169.254/latest">x</a><a href="http://[bad">y</a><a href="javascript:x()">z</a>'
    )
    report, asked = walked({"/": page})
    assert report.foreign == ("/ loads https://cdn.example/x.js", "/ loads http://pics.example/a.png")
    assert (report.broken, asked) == ((), [f"{BASE}/"])


def test_a_host_that_only_begins_like_ours_is_another() -> None:
    report, asked = walked({"/": f'<script src="{BASE}er/x.js"></script><a href="{BASE}"></a>'})
    assert len(asked) <= 2
    assert all(url in (f"{BASE}/", BASE) for url in asked)
    assert report.foreign == (f"/ loads {BASE}er/x.js",)


def test_a_site_without_end_is_cut_and_it_is_said() -> None:
    asked: list[str] = []

    def fetch(url: str) -> tuple[int, str]:
        asked.append(url)
        number = len(asked)
        return 200, "".join(f'<a href="p{number}-{each}.html">x</a>' for each in range(20))

    report = check_links(BASE, (), fetch)
    assert report.cut
    assert len(asked) == MAX_ADDRESSES


def test_what_is_checked_is_visited_though_nothing_leads_there() -> None:
    report, asked = walked({"/": "<p>x</p>", "/hidden.html": '<a href="gone"></a>'}, "/hidden.html", "hidden.html")
    assert asked == [f"{BASE}/", f"{BASE}/hidden.html", f"{BASE}/gone"]
    assert report.broken == ("/hidden.html leads to /gone, which answers 404",)


def test_what_scripts_read_behind_the_sign_is_no_place_and_a_base_counts() -> None:
    page = '<base href="sub/"><a href="a.html#/route">x</a><a href="a.html#a%20b">y</a><a href="a.html#c%20d">z</a>'
    report, asked = walked({"/": page, "/sub/a.html": '<p id="a b">.</p><p id="c%20d">.</p>'})
    assert report == LinkReport(pages=2, addresses=2)
    assert asked == [f"{BASE}/", f"{BASE}/sub/a.html"]


def test_a_page_of_very_many_links_is_cut_and_said_so() -> None:
    many = "".join(f'<a href="{number}.html#p">' for number in range(20_000))
    report, asked = walked({"/": many})
    assert (report.cut, len(asked)) == (True, MAX_ADDRESSES)
