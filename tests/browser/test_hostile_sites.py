"""The browser that looks at deployed sites sees what is wrong with them, and is used for nothing by them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.backends.local.browser.chromium import Chromium, find_browser
from shared.backends.local.browser.chromium_pipe import Pipe
from shared.core.errors import NoBrowser
from shared.ports import Secret
from shared.ports.browser import PageLook
from tests.support.measures.browser import find_chromium
from tests.support.parts import require

pytestmark = pytest.mark.xdist_group("browser-hostile")

GOOD = (
    '<!doctype html><html lang="en"><title>Club</title><h1>Club</h1><p>Open on Saturdays.</p>'
    '<label>Name <input name="a"></label><img src="i.svg" alt="A bicycle"><a href="./">Home</a></html>'
)
BAD = (
    "<!doctype html><html><body><img src='gone.png'><input name=q><a href='b.html'></a>"
    "<p style='color:#bbb;background:#fff'>Hardly seen</p>"
    "<script>console.error('sad story'); null.x</script></body></html>"
)
FAIR = """<!doctype html><html lang="en"><title>Club</title><style>
.hero {position: relative; background: #fff} .hero img {position: absolute; width: 100%; height: 100%}
.hero p {position: relative; z-index: 1; color: #fff} button:disabled, [aria-disabled] {color: #aaa; background: #fff}
</style><div class="hero"><img src="i.svg" alt=""><p>White words on a picture</p></div><button disabled>Later</button>
<a href="./" aria-disabled="true">Later</a><img src="i.svg" role="none">
<span aria-hidden="true"><img src="i.svg"></span>
<img src="i.svg" aria-label="A bicycle"><img src="i.svg" style="display: none"></html>"""
FLOATING = """<!doctype html><html lang="en"><title>Club</title>
<p style="position: absolute; background: #fff; color: #ccc">Hardly seen</p></html>"""
HOSTILE = """<!doctype html><html lang="en"><title>x</title><p>x</p><script>
for (const there of ['http://127.0.0.1:OTHER/a', 'http://169.254.169.254/latest', 'http://elsewhere.example/b', 'file:///etc/passwd'])
  fetch(there, {mode: 'no-cors'}).catch(() => 0);
new Image().src = 'http://127.0.0.1:OTHER/c';
try { new WebSocket('ws://127.0.0.1:OTHER/d'); } catch (e) {}
const work = new Worker(URL.createObjectURL(new Blob(["new WebSocket('ws://127.0.0.1:OTHER/e'); fetch('http://127.0.0.1:OTHER/f')"])));
fetch('moved').catch(() => 0);
window.open('http://127.0.0.1:OTHER/g');
navigator.sendBeacon('http://127.0.0.1:OTHER/h', 'x');
</script><iframe src="http://127.0.0.1:OTHER/i"></iframe><meta http-equiv="refresh" content="0;url=http://127.0.0.1:OTHER/j"></html>"""
ENDLESS = '<!doctype html><html lang="en"><title>x</title><script>while (true) {}</script></html>'


class _Site:
    """A site, and somebody else on the same machine who must not be asked anything."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.others: list[str] = []
        self.other = self._serve(self._other())
        self.server = self._serve(self._own())
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def _serve(self, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    def _own(self) -> type[BaseHTTPRequestHandler]:
        site = self
        port = str(self.other.server_address[1])
        pages = {"/": GOOD, "/bad": BAD, "/hostile": HOSTILE.replace("OTHER", port), "/endless": ENDLESS}
        pages |= {"/fair": FAIR, "/floating": FLOATING}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, self.headers.get("x-pass", "")))
                if self.path == "/moved":
                    self.send_response(302)
                    self.send_header("Location", f"http://127.0.0.1:{port}/k")
                    self.end_headers()
                    return
                svg = self.path == "/i.svg"
                body = b"<svg xmlns='http://www.w3.org/2000/svg'/>" if svg else pages.get(self.path, "no").encode()
                self.send_response(200 if svg or self.path in pages else 404)
                self.send_header("Content-Type", "image/svg+xml" if svg else "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        return Handler

    def _other(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.others.append(self.path)
                self.send_response(200)
                self.end_headers()

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        return Handler

    def close(self) -> None:
        for server in (self.server, self.other):
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[_Site]:
    made = _Site()
    yield made
    made.close()


@pytest.fixture(scope="module")
def looks(site: _Site) -> dict[str, PageLook]:
    """Look at all pages with one browser."""
    require("chromium")
    require("bubblewrap")
    urls = [site.base + path for path in ("", "bad", "hostile", "fair", "floating")]
    headers = {"x-pass": Secret("let-" + "me-in")}
    found = find_browser("auto").look(urls, within=site.base, headers=headers)
    return {"/" + look.url.removeprefix(site.base): look for look in found}


def test_a_good_page_is_without_blame(looks: dict[str, PageLook]) -> None:
    assert looks["/"].trouble == ()


def test_what_a_visitor_meets_is_told(looks: dict[str, PageLook]) -> None:
    bad = looks["/bad"]
    assert bad.console[0] == "the console says: sad story"
    assert bad.console[1].startswith("a script failed: TypeError")
    assert bad.failed == ("gone.png answers 404",)
    told = "\n".join(bad.blockers)
    for each in (
        "language",
        "no title",
        "no alt text: gone.png",
        "<input name=q>",
        "what it is for: <a>",
        "Hardly seen",
    ):
        assert each in told
    assert len(bad.blockers) == 6


def test_what_nobody_would_mend_is_not_told(looks: dict[str, PageLook]) -> None:
    assert looks["/fair"].blockers == ()
    assert len(looks["/floating"].blockers) == 1


def test_a_page_that_says_too_much_is_not_listened_to() -> None:
    """A console line of a gigabyte must not be kept, nor searched from its beginning for each part of it."""
    (_, out), (inn, says) = os.pipe(), os.pipe()

    def talk() -> None:
        with suppress(OSError):
            while os.write(says, b"x" * 65536):
                pass

    pipe = Pipe(out, inn)
    talking = threading.Thread(target=talk)
    talking.start()
    with pytest.raises(NoBrowser, match="more messages than can be read"):
        pipe.receive(time.monotonic() + 60)
    pipe.close()
    talking.join(10)


def test_a_hostile_page_reaches_nobody(looks: dict[str, PageLook], site: _Site) -> None:
    assert site.others == []
    assert any("169.254.169.254" in each for each in looks["/hostile"].foreign)
    assert any("moved answers 302" in each for each in looks["/hostile"].failed)


def test_the_pass_for_previews_goes_along_with_every_request(looks: dict[str, PageLook], site: _Site) -> None:
    assert {given for _, given in site.asked} == {"let-" + "me-in"}


def test_a_page_that_never_rests_is_told_and_the_next_one_is_looked_at(site: _Site) -> None:
    require("chromium")
    require("bubblewrap")
    program = find_chromium()
    assert program
    endless, good = Chromium(program, page_s=1.0).look([f"{site.base}endless", site.base], within=site.base, headers={})
    assert endless.failed[-1] == "its scripts never stop running"
    assert good.url == site.base


def test_without_a_browser_the_reason_is_said() -> None:
    with pytest.raises(NoBrowser, match="switched off"):
        find_browser("off")
    with pytest.raises(NoBrowser, match="not a program"):
        find_browser("/nowhere/chromium")
