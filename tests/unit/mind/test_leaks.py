"""What leaves is looked at by our own rules and by those of gitleaks; what is only odd-looking is left alone."""

from __future__ import annotations

import base64
import html
import json

import pytest

from shared.core.errors import Rejected
from shared.mind.safety import leaks as scanner
from shared.mind.safety.egress_scan import make_egress_check
from shared.mind.safety.leaks import RULES_FILE, leaks, secrets_anywhere
from tests.support.builders.made_up_secrets import HEX, letters, made_up
from tests.unit.core.text.test_secrets_in_text import HARMLESS

TOKEN = "ghp" + "_" + letters("leaving", 36)


def test_at_least_nineteen_of_twenty_kinds_are_found() -> None:
    kinds = made_up()
    assert len(kinds) >= 30
    found = [kind for kind, (text, secret) in kinds.items() if _holds(text, secret)]
    assert len(found) >= 0.95 * len(kinds)


def _holds(text: str, secret: str) -> bool:
    return any(secret in text[each.start : each.end] for each in secrets_anywhere(text))


def test_of_two_hundred_harmless_lines_at_most_two_are_taken_for_secrets() -> None:
    lines = [*HARMLESS, *_lines_of_programs()][:200]
    assert len(lines) == 200
    assert len([line for line in lines if secrets_anywhere(line)]) <= 2


def _lines_of_programs() -> list[str]:
    names = ("key", "token", "secret", "password", "access", "auth", "credential", "api", "client")
    shapes = (
        "{0}_name = '{1}'", "self.{0} = {0}", "def {0}_of(user: str) -> str:", "# the {0} of a page is its {1}",
        "{0} = settings['{0}']", '  "{0}": "see the handbook"', "const {0}Id = useId();", "<label>{0}</label>",
        "{0}: ${{{{ secrets.NAME }}}}", "- {0}s are kept in the safe", "import {{ {0} }} from './{1}.js'",
        "if not {0}: raise ValueError('{1}')", "{0}={1}", "{0}: null", "print({0}[:4])", "{0}s = [x.{0} for x in rows]",
        "assert {0} != {1}", "{0} := range {1}s", "{0}-{1}-column", "export type {0} = '{1}' | 'other'",
    )  # fmt: skip
    return [shape.format(one, names[at - 3]) for at, one in enumerate(names) for shape in shapes]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param("cloudflare_key = '{}'", letters("cf", 37, HEX), id="a vendor that only others know"),
        pytest.param("A3-ABC123-{}", "DEF456-GHI78-JKL90-MNO12-PQR34", id="a shape of its own"),
        pytest.param("datadog_token: {}\n", letters("dd", 40, "abcdefghij0123456789"), id="by a word and a length"),
    ],
)
def test_kinds_that_only_the_rules_of_others_know_are_found(text: str, secret: str) -> None:
    assert _holds(text.format(secret), secret)


PROSE = (
    "A rope-knotting table and a chest with keepers' clothes to try on, for children.",
    "Coffee with Robina's cheesecake costs £4.50 on Sundays!",
    "The wifi in the guests' kitchen is free, 24 hours a day; ask for it.",
    "Whoever can log in with the neighbours' phone #2 may do so.",
    "Our password for the children's party of 2027 is a smile & a song.",
)


@pytest.mark.parametrize("text", PROSE)
@pytest.mark.parametrize("apostrophe", ["&#x27;", "&#39;", "&#x2019;", "&apos;", "&rsquo;"])
def test_an_apostrophe_written_as_markup_makes_no_word_a_password(text: str, apostrophe: str) -> None:
    escaped = html.escape(text, quote=False).replace("'", apostrophe)
    assert leaks({"site/index.html": f'<p dir="auto">{text}</p>'}) == []
    assert leaks({"site/index.html": f'<p dir="auto">{escaped}</p>'}) == []


def test_a_password_written_as_markup_is_one() -> None:
    chosen = "Tr0ub4dor" + "&3x'Horse!"
    for text in (f"Log in with {chosen} from today on.", f"The wifi has the password {chosen}"):
        assert [each.line for each in leaks({"site/index.html": f"<p>{html.escape(text)}</p>"})] == [1], text


def test_every_rule_of_the_file_is_there_and_compiles() -> None:
    read = json.loads(RULES_FILE.read_text(encoding="utf-8"))
    assert read["version"] == "8.30.1"
    assert "MIT License" in read["licence"]
    assert len(read["rules"]) == 222
    for rule in read["rules"]:
        for pattern in [
            rule.get("regex"),
            rule.get("path"),
            *(p for a in rule.get("allowed", ()) for p in a.get("regexes", ())),
        ]:
            assert not pattern or scanner._compile(pattern)
    assert [word for rule in read["rules"] for word in rule.get("keywords", ()) if word != word.lower()] == []


@pytest.mark.parametrize("every", [1, 2, 7, 400])
def test_just_the_rules_with_a_word_in_the_text_are_asked(every: int) -> None:
    rules = json.loads(RULES_FILE.read_text(encoding="utf-8"))["rules"]
    words = sorted({word for rule in rules for word in rule.get("keywords", ())})
    text = "é\n".join(words[every - 1 :: every])
    asked = [rule["id"] for rule in rules if any(word in text for word in rule.get("keywords", ()))]
    assert [scanner._read()[0][at].id for at in scanner._select_rules(text.encode("latin-1"))] == asked


def test_what_the_rule_file_allows_is_allowed() -> None:
    shown = "AI" + "zaSy" + "abcdefghijklmnopqrstuvwxyz" + "1234567"
    rule = next(each for each in scanner._read()[0] if each.id == "gcp-api-key")
    assert [*rule.found_in(shown.encode(), "")] == []
    assert len([*rule.found_in(("AI" + "za" + letters("gcp", 35)).encode(), "")]) == 1
    line = "A3-ABC123-" + "DEF456-GHI78-JKL90-MNO12-PQR34\n"
    assert leaks({"settings.yaml": line}) != []
    assert leaks({"web/package-lock.json": line}) == []


def test_a_remark_that_asks_for_it_allows_nothing() -> None:
    assert leaks({"app.py": f'token = "{TOKEN}"  # gitleaks:allow\n'}) != []


def test_a_file_can_be_a_secret_by_its_name() -> None:
    assert [str(each) for each in leaks({"shop.p12": b"\x00\x01"})] == ["pkcs file in shop.p12, line 1"]


@pytest.mark.parametrize("size", [300, 20_000])
def test_a_long_text_is_remembered_however_many_words_are_looked_at_meanwhile(size: int) -> None:
    text = f"{'A page about bicycles. ' * (size // 23)}The key is {made_up()['slack bot'][1]}"
    found = secrets_anywhere(text)
    assert [each.kind for each in found] != []
    for number in range(1000):
        assert list(secrets_anywhere(f"column {number}")) == []
    assert secrets_anywhere(text) is found


def test_a_leak_names_kind_place_and_line_and_not_its_value() -> None:
    (found,) = leaks({"app/settings.py": f"# é\n\nTOKEN = '{TOKEN}'\n"})
    assert (found.where, found.line) == ("app/settings.py", 3)
    assert TOKEN not in str(found)


def test_a_file_is_read_in_the_letters_it_is_written_in() -> None:
    for written in ("utf-8", "utf-16", "latin-1"):
        assert [str(each) for each in leaks({"a.txt": f"é\n{TOKEN}\n".encode(written)})] == [
            "github token in a.txt, line 2"
        ], written


def test_what_is_known_to_be_secret_is_found_whatever_it_looks_like() -> None:
    assert leaks({"README.md": "say swordfish twice"}, ["swordfish", "say"]) != []
    assert leaks({"README.md": "say nothing"}, ["swordfish", "say"]) == []


@pytest.mark.parametrize("system", ["github", "gitlab", "vercel", "cloud_storage", "local_sites"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"title": "New page", "body": f"Log in with {TOKEN}"}, id="text of a change"),
        pytest.param({"variables": {"files": [{"contents": "", "path": TOKEN}]}}, id="deep within"),
        pytest.param({"content": base64.b64encode(f"x = '{TOKEN}'\n".encode() * 3).decode()}, id="a file in base64"),
        pytest.param({"content": base64.b64encode(TOKEN.encode()).decode()}, id="a short file in base64"),
        pytest.param({"content": base64.b64encode(f"é {TOKEN}".encode("latin-1")).decode()}, id="in old letters"),
        pytest.param(f"x = '{TOKEN}'\n".encode(), id="a file"),
        pytest.param(f"x = '{TOKEN}'\n".encode("utf-16"), id="a file in UTF-16"),
    ],
)
def test_nothing_with_a_secret_goes_where_strangers_read(system: str, body: object) -> None:
    look = make_egress_check(system)
    assert look is not None
    with pytest.raises(Rejected, match="not sent") as refused:
        look("POST", "/repos/acme/shop/contents", body)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("system", ["github", "gitlab", "vercel", "cloud_storage", "local_sites"])
@pytest.mark.parametrize(
    "text",
    ["Log in with [[secret:password:2]].", r"\[\[secret:aws-key:1\]\]", "?q=%5B%5Bsecret%3Akey%3A1%5D%5D"],
    ids=["as it is", "in Markdown", "in an address"],
)
def test_a_placeholder_goes_nowhere_where_strangers_read(system: str, text: str) -> None:
    look = make_egress_check(system)
    assert look is not None
    coded = base64.b64encode(f"<p>first</p>\n{text}\n".encode()).decode()
    for body in ({"title": text}, {"message": f"One\n\n{text}"}, {"content": coded}, f"a\n{text}".encode()):
        with pytest.raises(Rejected, match="placeholder for a secret"):
            look("POST", "/repos/acme/shop/contents", body)


def test_a_picture_and_an_ordinary_change_go_out_as_they_are() -> None:
    look = make_egress_check("github")
    assert look is not None
    picture = {"content": base64.b64encode(bytes(range(256)) * 40).decode(), "encoding": "base64"}
    for body in (picture, {"title": "New page", "labels": ["workwright"]}, None, b"\x89PNG\x00" * 50):
        assert look("POST", "/repos/acme/shop/git/blobs", body) is body


def test_a_secret_may_go_where_it_is_kept() -> None:
    look = make_egress_check("vercel")
    assert look is not None
    body = [{"key": "SHOP", "value": TOKEN}]
    assert look("POST", "/v10/projects/shop/env?upsert=true", body) is body
    for path in ("/repos/acme/shop/contents/env/x", "/repos/acme/env/pulls", "/repos/acme/shop/contents/hooks/y"):
        with pytest.raises(Rejected):
            look("POST", path, body)


def test_in_a_comment_a_placeholder_stands_for_it() -> None:
    look = make_egress_check("notion", lambda: ["open sesame"])
    assert look is not None
    item = {"type": "text", "text": {"content": f"It says {TOKEN}, open sesame."}, "annotations": {"bold": True}}
    sent = look("POST", "/v1/comments", {"parent": {"page_id": "p"}, "rich_text": [item]})
    content = sent["rich_text"][0]["text"]["content"]
    assert TOKEN not in content
    assert "sesame" not in content
    assert content.startswith("It says [[secret:github-token:")
    page = {"children": [item]}
    assert look("PATCH", "/v1/blocks/b/children", page) is page
