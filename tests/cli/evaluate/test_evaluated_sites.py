"""Sites are looked at as visitors see them: a good one passes, and each fault that a visitor would meet is found."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.cli.evaluate.looks.browser import looker
from shared.cli.evaluate.looks.page_outcome import Finding, Made, Site
from shared.cli.evaluate.looks.site_visit import visit
from tests.support.builders.builtin_pages import PAGES
from tests.support.parts import require

BAKERY = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Linden Street Bakery</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body { font: 18px sans-serif; color: #222; background: #fff } .quiet { color: #555 }</style></head><body>
<h1>Linden Street Bakery</h1><table>
<tr><td>Tuesday to Friday</td><td>6:30&nbsp;–&nbsp;18:00</td></tr><tr><td>Saturday</td><td>6:30 – 13:00</td></tr>
</table><p>Holy week we open every day.</p><table>
<tr><td>Country loaf</td><td>2.90 €</td><td>5.40 €</td></tr>
<tr><td>Spelt and walnut</td><td>3.60 €</td><td>6.80 €</td></tr>
<tr><td>Rye, 80 percent</td><td>3.10 €</td><td>5.90 €</td></tr></table>
<p>Cinnamon knots are 2.20 € each, six for 12 €. Order until noon the day before:
<a href="mailto:bread@lindenstreet.example">by mail</a>, <a href="tel:+49305550142">by phone</a>.
<span class="quiet">We do not deliver. Everything is made in one room, with nuts.</span></p>
</body></html>"""
ALLOTMENTS = {
    name: f'<html lang="en"><body><nav><a href="index.html">Start</a> <a href="list.html">List</a>'
    f' <a href="rules.html">Rules</a></nav><p>{name}</p></body></html>'
    for name in ("/", "/list.html", "/rules.html")
}
FORM = """<form action="mailto:us@priyaandtom.example" method="post"><label>Your name <input name="a"></label>
<label for="m">E-mail</label><input id="m" type="email"><label>How many of you? <input type="number"></label>
<label for="e">What you cannot eat</label><textarea id="e"></textarea><button>Send</button></form>"""


@contextmanager
def _served(pages: Mapping[str, str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path.replace("index.html", ""))
            raw = (page or "gone").encode()
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def _visited(pages: Mapping[str, str], browser: str = "off") -> Site:
    with _served(pages) as url:
        return visit(url, looker(browser))


def _looked(name: str, site: Site) -> dict[str, Finding]:
    made = Made("live", site=site)
    return {each.name: each for each in (check.look(made) for check in PAGES[name].checks)}


def _wrong(html: str) -> list[str]:
    return [each.detail for each in _looked("bakery", _visited({"/": html})).values() if each.ok is False]


def test_a_good_site_passes_and_what_only_a_browser_tells_is_not_claimed_without_one() -> None:
    found = _looked("bakery", _visited({"/": BAKERY}))
    assert [each.ok for each in found.values()] == [True, True, True, None]
    assert "no browser" in found["It can be read, on a phone too"].detail


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("Holy week we open every day.", "", "'Holy week' is not there"),
        ("3.60 €</td><td>6.80", "3.10 €</td><td>5.90", "3.60, 6.80 is not beside 'Spelt and walnut'"),
        ("Saturday</td><td>6:30", "Saturday</td><td>7:30", "6:30, 13:00 is not beside 'Saturday'"),
        ("mailto:bread@", "mailto:bred@", "nothing leads to mailto:bread@lindenstreet.example"),
        ("<h1>", '<a href="prices.html">Prices</a><h1>', "/prices.html (answers 404) leads nowhere"),
        ("<h1>", '<a href="#prices">Prices</a><h1>', "/#prices leads nowhere"),
        ("<title>Linden Street Bakery</title>", "", "/ has no title"),
        ("width=device-width", "width=1200", "/ does not fit itself to a phone"),
    ],
)
def test_each_fault_is_found_and_named(right: str, wrong: str, said: str) -> None:
    assert right in BAKERY
    assert _wrong(BAKERY) == []
    found = _wrong(BAKERY.replace(right, wrong))
    assert any(said in each for each in found), found


@pytest.mark.slow
def test_a_browser_tells_what_is_hidden_pale_small_and_too_wide() -> None:
    require("chromium")
    site = _visited({"/": BAKERY}, "auto")
    assert [each.detail for each in _looked("bakery", site).values() if not each.ok] == []
    views = (site.pages[0].wide, site.pages[0].phone)
    assert all(view is not None and view.picture.startswith(b"\x89PNG") for view in views)
    bad = BAKERY.replace(".quiet { color: #555 }", ".quiet { color: #bbb; font-size: 9px } table { min-width: 600px }")
    bad = bad.replace("<p>Holy", '<p style="display: none">Holy')
    found = _looked("bakery", _visited({"/": bad}, "auto"))
    assert "'Holy week' is not there" in found["What people ask on the phone is answered"].detail
    read = found["It can be read, on a phone too"]
    assert read.ok is False
    for said in ("pale: 1.9", "pixels wider than the screen", "have 9 pixels"):
        assert said in read.detail


def test_a_menu_leads_from_every_page_to_every_other() -> None:
    (menu,) = [check for check in PAGES["allotments"].checks if check.name.startswith("There are")]
    assert menu.look(Made("live", site=_visited(ALLOTMENTS))).ok is True
    broken = {**ALLOTMENTS, "/rules.html": ALLOTMENTS["/rules.html"].replace('href="list.html"', "")}
    assert menu.look(Made("live", site=_visited(broken))).detail == "/rules.html does not lead to /list.html"
    alone = {"/": ALLOTMENTS["/"].replace("<a href", "<b data")}
    assert menu.look(Made("live", site=_visited(alone))).detail == "there are 1 pages, not 3"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("", "", ""),
        ("How many of you?", "Shoe size", "no field for 'many'"),
        ('<label for="m">E-mail</label>', "<b>E-mail</b>", "no field for 'mail'; a field has no label"),
        ("<button>Send</button>", "", "nothing sends it"),
        ("mailto:us@", "mailto:you@", "it goes to 'mailto:you@priyaandtom.example'"),
        ("<form", "<div", "there is no form"),
    ],
)
def test_a_form_has_its_fields_a_button_and_a_target(right: str, wrong: str, said: str) -> None:
    (form,) = [check for check in PAGES["wedding"].checks if check.name == "Guests can say whether they come"]
    site = _visited({"/": f'<html lang="en"><body>{FORM.replace(right, wrong) if right else FORM}</body></html>'})
    found = form.look(Made("live", site=site))
    assert (found.ok, found.detail) == ((False, said) if said else (True, "4 things are asked"))


def test_a_language_is_told_and_what_must_not_be_there_is_not_in_the_source_either() -> None:
    (text,) = [check for check in PAGES["pousada"].checks if "in Portuguese" in check.name]
    words = "Pousada da Ribeira, Marvão-Beirã, ponte romana, 8h, 10h30. Fechamos em janeiro. Cães, queijo da serra."
    assert text.look(Made("live", site=_visited({"/": f'<html lang="pt-PT"><p>{words}</p></html>'}))).ok is True
    english = text.look(Made("live", site=_visited({"/": f'<html lang="en"><p>{words}</p></html>'})))
    assert english.detail == "/ says that its language is en"
    (fete,) = [check for check in PAGES["village-fete"].checks if check.name == "The public part is there"]
    hidden = fete.look(Made("live", site=_visited({"/": '<html lang="en"><!-- Desmond --><p>Hello</p></html>'})))
    assert "'Desmond' must not be there" in hidden.detail
