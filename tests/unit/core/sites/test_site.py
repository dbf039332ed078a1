"""What a reader sees of a deployed page, and which requirements are missing there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.ship.site_requirements import check_site, visible_text


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        pytest.param("<p>Rye  with\n\tcaraway</p>", "Rye with caraway", id="white space folds"),
        pytest.param("<b>w</b>ord", "word", id="a tag within a word"),
        pytest.param("<p>one</p><p>two</p>", "one two", id="two paragraphs"),
        pytest.param("<td>Rye</td><td>3.60</td>", "Rye 3.60", id="two cells"),
        pytest.param("Mill<br>Lane", "Mill Lane", id="a line break"),
        pytest.param("<li>one<li>two", "one two", id="tags left open"),
        pytest.param("&lt;script&gt; &amp; &#39;x&#x27; &eacute;", "<script> & 'x' é", id="entities"),
        pytest.param("Bread & rolls &", "Bread & rolls &", id="a bare ampersand at the end"),
        pytest.param("Bread &am", "Bread &am", id="an entity cut off"),
        pytest.param("a<script>alert('Rye')</script>b", "a b", id="scripts"),
        pytest.param("<style>p::after{content:'Rye'}</style>x", "x", id="styles"),
        pytest.param("<template><p>Rye</p></template>x", "x", id="templates"),
        pytest.param("</script></style>Rye", "Rye", id="end tags of nothing"),
        pytest.param("<!-- Rye -->x", "x", id="comments"),
        pytest.param('<img alt="Rye" title="Rye">x', "x", id="attributes"),
        pytest.param("<SCRIPT>Rye</SCRIPT >x", "x", id="capital letters"),
        pytest.param("", "", id="nothing"),
        pytest.param("Zażółć ☕", "Zażółć ☕", id="letters of other languages"),
    ],
)
def test_a_reader_sees_the_text_and_nothing_else(html: str, seen: str) -> None:
    assert visible_text(html) == seen


@dataclass(frozen=True)
class Piece:
    """A piece of a page: what is written, and what of it a reader sees (a space where a line may break)."""

    html: str
    seen: str


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
PLAIN = WORDS.map(lambda text: Piece(escape(text), text))
HIDDEN = st.sampled_from(["script", "style"]).flatmap(
    lambda tag: WORDS.map(lambda text: Piece(f"<{tag}>{text.replace('<', '')}</{tag}>", " "))
)
PIECES = st.recursive(
    PLAIN | HIDDEN,
    lambda inner: st.lists(inner, max_size=4).flatmap(
        lambda parts: st.sampled_from(["p", "div", "li", "td", "h1", "b", "em", "span", "a"]).map(
            lambda tag: wrapped(tag, parts)
        )
    ),
    max_leaves=8,
)


def wrapped(tag: str, parts: list[Piece]) -> Piece:
    edge = " " if tag in ("p", "div", "li", "td", "h1") else ""
    html = "".join(part.html for part in parts)
    return Piece(f"<{tag}>{html}</{tag}>", edge + "".join(part.seen for part in parts) + edge)


@given(st.lists(PIECES, max_size=5))
def test_the_text_of_any_page_is_what_was_put_into_it(pieces: list[Piece]) -> None:
    html = "<!doctype html><html><body>" + "".join(piece.html for piece in pieces) + "</body></html>"
    assert visible_text(html) == " ".join("".join(piece.seen for piece in pieces).split())


@given(st.text())
def test_no_input_breaks_it(html: str) -> None:
    assert visible_text(html) == " ".join(visible_text(html).split())


def checks(*wanted: tuple[str, str, str]) -> str:
    return json.dumps([{"requirement": r, "path": p, "contains": c} for r, p, c in wanted])


def test_what_is_not_on_its_page_is_missing() -> None:
    site = {
        "https://x.example/index.html": (200, "<h1>Bakery</h1><p>Rye with <b>caraway</b></p>"),
        "https://x.example/prices.html": (200, "<td>3.60</td>"),
        "https://x.example/old.html": (404, "<p>Rye</p>"),
        "https://x.example/empty.html": (200, ""),
    }
    asked: list[str] = []

    def fetch(url: str) -> tuple[int, str]:
        asked.append(url)
        return site.get(url, (0, ""))

    report = check_site(
        checks(
            ("R1", "/index.html", "Rye  with\ncaraway"),
            ("R2", "index.html", "Bakery"),
            ("R3", "/prices.html", "3.60"),
            ("R4", "/prices.html", "Bakery"),
            ("R5", "/old.html", "Rye"),
            ("R6", "/gone.html", "Rye"),
            ("R7", "/empty.html", ""),
            ("R8", "/index.html", "rye with caraway"),
            ("R9", "/index.html", " "),
        ),
        "https://x.example/",
        fetch,
    )
    assert (report.total, report.missing) == (9, ("R4", "R5", "R6", "R7", "R8", "R9"))
    assert len(asked) == len(set(asked)) == 5
    assert report.sample == "R4, R5, R6, R7, R8 …"


def test_a_requirement_with_several_texts_is_one_and_is_found_where_all_of_them_are() -> None:
    wanted = checks(("R1", "/", "Bread"), ("R1", "/", "Price"), ("R2", "/", "4.20"), ("R2", "/", "Monday"),
                    ("R2", "/", "Sunday"))  # fmt: skip
    report = check_site(wanted, "https://x.example", lambda url: (200, "<th>Bread</th><th>Price</th><td>4.20</td>"))
    assert (report.total, report.missing) == (2, ("R2",))


def test_the_sample_says_when_there_are_more() -> None:
    wanted = checks(*((f"R{n}", "/", "x") for n in range(7)))
    assert check_site(wanted, "https://x.example", lambda url: (200, "")).sample == "R0, R1, R2, R3, R4 …"


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        pytest.param("<p>Rye<![<x>bread", "Ryebread", id="a marked section that is none"),
        pytest.param("<p>Rye<![CDATA[x]]>bread", "Ryebread", id="a section of data"),
        pytest.param("<p>Rye<!-- <p>x</p>", "Rye", id="a comment without an end"),
        pytest.param("<p>Rye<!--><b>bread", "Ryebread", id="a comment that ends at once"),
        pytest.param("<p>Rye<b class='x>bread", "Rye", id="a value without an end"),
        pytest.param("1 < 2 <3", "1 < 2 <3", id="signs that begin no tag"),
        pytest.param("<p title='a>b' b=c/>Rye", "Rye", id="a bracket within a value"),
        pytest.param("<textarea><p>Rye</textarea>x", "<p>Rye x", id="text that looks like tags"),
        pytest.param("<script>a</scripty></script >x", "x", id="an end tag with another name"),
        pytest.param("<SCRIPT>a</Script>x", "x", id="large letters"),
    ],
)
def test_damaged_pages_read_as_browsers_read_them(html: str, seen: str) -> None:
    assert visible_text(html) == seen


@pytest.mark.parametrize("unit", ["<!--", "<a ", "<![", "<a b='", '<a b="', "</a", "<a =", "&", "<script>x</scrip"])
def test_no_page_takes_long_to_read(unit: str) -> None:
    """A parser that begins again at each of these needs minutes, or raises."""
    assert visible_text("<p>Rye</p> " + unit * (200_000 // len(unit))).startswith("Rye")
