"""Where the pages of a site lead, and whether it is there. The site is hostile: everything here is bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from shared.core.text.markup import Tag, pieces

Fetch = Callable[[str], tuple[int, str]]

MAX_PAGES = 40  # that are read for links
MAX_ADDRESSES = 200  # that are asked for
_MAX_TOLD = 20
_MAX_NAMED = 5000  # addresses on one page, and of one site, that are remembered; of a page's places too
_ROUTES = ("/", "!", ":~:")  # begin what a script reads behind "#", and no place on the page
_LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
_FETCHED_RELS = frozenset({"stylesheet", "icon", "manifest", "preload", "modulepreload"})


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What came of it: how many pages and addresses were asked for, and short sentences about what is wrong.

    `broken`: leads nowhere. `foreign`: loaded from elsewhere by the page itself. `cut` says that there is more than was
    looked at.
    """

    pages: int
    addresses: int
    broken: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    cut: bool = False


class _Page:
    """The addresses a page names, the ones it loads by itself, and the places in it that can be led to."""

    def __init__(self, html: str) -> None:
        self.base = ""
        self.leads: dict[str, None] = {}
        self.loads: dict[str, None] = {}
        self.places: set[str] = set()
        self.cut = False
        for piece in pieces(html):
            self.cut = max(len(self.leads), len(self.loads), len(self.places)) >= _MAX_NAMED
            if self.cut:
                break
            if isinstance(piece, Tag) and not piece.end:
                self._take(piece.name, {name: value.strip() for name, value in piece.attributes.items()})

    def _take(self, tag: str, given: Mapping[str, str]) -> None:
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag in ("a", "area") and "href" in given:
            self.leads[given["href"]] = None
        elif tag == "base" and not self.base:
            self.base = given.get("href", "")
        elif tag == "link" and given.get("href") and _FETCHED_RELS & set(given.get("rel", "").lower().split()):
            self.loads[given["href"]] = None
        elif given.get(_LOADS.get(tag, "")):
            self.loads[given[_LOADS[tag]]] = None


def check_links(base: str, starts: Iterable[str], fetch: Fetch) -> LinkReport:
    """Follow every link that stays below `base`, from `base` and the paths in `starts`; nothing else is asked for."""
    return _Walk(base.rstrip("/") + "/", fetch).report(starts)


class _Walk:
    def __init__(self, base: str, fetch: Fetch) -> None:
        self._base = base
        self._fetch = fetch
        self._status: dict[str, int] = {}
        self._named: set[str] = set()
        self._places: dict[str, set[str] | None] = {}  # of pages that were read; None: too many to say
        self._broken: dict[str, None] = {}
        self._foreign: dict[str, None] = {}
        self._fragments: list[tuple[str, str, str]] = []
        self._cut = False

    def report(self, starts: Iterable[str]) -> LinkReport:
        waiting = deque([(self._base, "")])
        waiting += [(urljoin(self._base, str(path).lstrip("/")), "") for path in dict.fromkeys(starts)]
        while waiting:
            url, found_on = waiting.popleft()
            if url in self._status:
                continue
            if len(self._status) >= MAX_ADDRESSES:
                self._cut = True
                break
            waiting += [each for each in self._visit(url, found_on) if self._is_new(each[0])]
        for url, place, found_on in self._fragments:
            places = self._places.get(url)
            if places is not None and not {place, unquote(place)} & places:
                self._broken[f"{self._name(found_on)} leads to #{place[:60]}, which is not on {self._name(url)}"] = None
        links = (tuple(self._broken)[:_MAX_TOLD], tuple(self._foreign)[:_MAX_TOLD])
        return LinkReport(len(self._places), len(self._status), *links, self._cut)

    def _is_new(self, url: str) -> bool:
        new = url not in self._named
        if new and len(self._named) >= _MAX_NAMED:
            self._cut = True
            return False
        self._named.add(url)
        return new

    def _visit(self, url: str, found_on: str) -> Iterable[tuple[str, str]]:
        status, body = self._fetch(url)
        self._status[url] = status
        if status != 200:
            where = f"{self._name(found_on)} leads to {self._name(url)}" if found_on else self._name(url)
            self._broken[f"{where}, which answers {status or 'nothing'}"] = None
            return []
        if body.lstrip()[:1] != "<" or "<svg" in body[:200] or "<?xml" in body[:100]:
            return []
        if len(self._places) >= MAX_PAGES:
            self._cut = True
            return []
        return self._read(url, _Page(body))

    def _read(self, url: str, page: _Page) -> Iterator[tuple[str, str]]:
        self._cut = self._cut or page.cut
        self._places[url] = None if page.cut else page.places | {"", "top"}
        base = _join_url(url, page.base)
        for named, loaded in [*((each, False) for each in page.leads), *((each, True) for each in page.loads)]:
            target, place = urldefrag(_join_url(base, named))
            scheme = urlsplit(target).scheme
            if target.startswith(self._base) or target + "/" == self._base:
                if place and not place.startswith(_ROUTES):
                    self._fragments.append((target, place, url))
                yield target, url
            elif loaded and scheme in ("http", "https"):
                self._foreign[f"{self._name(url)} loads {target[:120]}"] = None
            elif scheme in ("http", "https") and _host(target) == _host(self._base):
                self._broken[f"{self._name(url)} leads out of the site, to {urlsplit(target).path[:120]}"] = None

    def _name(self, url: str) -> str:
        return "/" + url.removeprefix(self._base)[:120]


def _join_url(url: str, named: str) -> str:
    try:
        return urljoin(url, named)
    except ValueError:  # no address at all
        return ""


def _host(url: str) -> str:
    return urlsplit(url).netloc
