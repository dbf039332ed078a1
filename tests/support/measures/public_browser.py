"""A browser without scripts that knows an installation by its public address, as people do, while it runs on a port."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

import requests

from tests.support.rigs.at_home import AT_HOME

_MOST_STEPS, _PATIENCE_S = 15, 90.0


@dataclass
class Page:
    """What was answered, where."""

    url: str
    status: int
    text: str


@dataclass
class _Form:
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # words → name and value


class _Reader(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}  # words → address
        self.forms: list[_Form] = []
        self._open: tuple[str, dict[str, str]] | None = None
        self._words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(given.get("action", "")))
        elif tag == "input" and self.forms:
            self.forms[-1].fields[given.get("name", "")] = given.get("value", "")
        elif tag in ("a", "button"):
            self._open, self._words = (tag, given), ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if self._open is None or tag != self._open[0]:
            return
        given, words = self._open[1], self._words.strip()
        if tag == "a":
            self.links[words] = given.get("href", "")
        elif self.forms:
            self.forms[-1].buttons[words] = (given.get("name", ""), given.get("value", ""))
        self._open = None


class PublicBrowser:
    """Keeps cookies by host as RFC 6265bis says, follows links and redirects, and sends forms as browsers do."""

    def __init__(self, public: str, port_url: str, remote: str) -> None:
        self._public, self._port_url, self._remote = public, port_url, remote
        self.cookies: dict[str, dict[str, str]] = {}
        self.set_cookies: list[tuple[str, str]] = []  # host, header
        self.page = Page("", 0, "")

    def open(self, address: str) -> Page:
        """Open an address of ours, or of anybody."""
        return self._go("GET", urljoin(self.page.url or self._public, address), {})

    def follow(self, words: str) -> Page:
        """Press the link with these words."""
        return self.open(next(to for known, to in _Reader(self.page.text).links.items() if words in known))

    def press(self, words: str, **typed: str) -> Page:
        """Press the button with these words, with what was typed into its form."""
        for form in _Reader(self.page.text).forms:
            for known, (name, value) in form.buttons.items():
                if words in known:
                    sent = {**form.fields, **typed, **({name: value} if name else {})}
                    return self._go("POST", urljoin(self.page.url, form.action), sent)
        raise AssertionError(f"no button {words!r} in {self.page.text}")

    def wait(self, words: str, address: str) -> Page:
        """Look at a page of ours until it says so."""
        ends = time.monotonic() + _PATIENCE_S
        while words not in self.page.text:
            assert time.monotonic() < ends, f"no {words!r} in {self.page.text}"
            time.sleep(0.1)
            self.open(address)
        return self.page

    def _go(self, method: str, url: str, form: dict[str, str]) -> Page:
        for _ in range(_MOST_STEPS):
            answer = self._send(method, url, form)
            if answer.status_code not in (302, 303):
                self.page = Page(url, answer.status_code, answer.text)
                return self.page
            method, url, form = "GET", urljoin(url, answer.headers["Location"]), {}
        raise AssertionError(f"redirected without end, at last to {url}")

    def _send(self, method: str, url: str, form: dict[str, str]) -> requests.Response:
        parts = urlsplit(url)
        ours = url.startswith(f"{self._public}/")
        headers = {"Host": parts.netloc, "Accept": "text/html", "User-Agent": "Example Browser"}
        if ours:
            headers["X-Forwarded-For"] = f"198.51.100.1, {self._remote}"  # the proxy before us adds the last
        if method == "POST":
            headers |= {"Sec-Fetch-Site": "same-origin", "Origin": f"{parts.scheme}://{parts.netloc}"}
        kept = self.cookies.setdefault(parts.netloc, {})
        if kept:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
        real = self._port_url + url.removeprefix(self._public) if ours else url
        body = form if method == "POST" else None
        answer = AT_HOME.request(method, real, data=body, headers=headers, allow_redirects=False, timeout=30)
        for header in answer.raw.headers.getlist("Set-Cookie"):
            self.set_cookies.append((parts.netloc, header))
            for name, morsel in SimpleCookie(header).items():
                kept[name] = morsel.value
        return answer
