"""Secrets are found by what they look like and by what stands beside them; ordinary text is left alone."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.secrets.secrets_in_text import secret_value
from shared.integrations.secret_search import secrets_in
from tests.support.builders.made_up_secrets import letters, made_up

ROOT = Path(__file__).resolve().parents[4]

HARMLESS = (
    "The secret of good bread: time. The password is on the note in the kitchen.",
    "Our token of thanks: a free coffee. The key: be early, be kind.",
    "https://www.notion.so/acme/Bakery-0f1e2d3c4b5a69788796a5b4c3d2e1f0?pvs=4",
    "id: 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 by Ada Example",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "password: str = Field(min_length=8)",
    'token = os.environ["CRM_TOKEN_2"]',
    "secret: ${{ secrets.DEPLOY_KEY_1 }}",
    "api_key: your-api-key-here",
    "max_output_tokens: 8000, total_tokens: 123456789012",
    "const apiKey = process.env.API_KEY_V2;",
    "Passwords must have 8 letters or more and a digit.",
    "| Password | required |",
    "next_token: None",
    "See http://127.0.0.1:8080/token?x=1 and mailto:ada@example.test",
    "The pass: 120 guests, 8 to 12 o'clock. Passenger: 14A.",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    "access_key = get_key(name1)",
    "Design tokens: colour-primary-500, space-small-2",
    "Write -----BEGIN " + "PRIVATE KEY----- in the first line, and nothing else.",
    "IBAN DE00 0000 0000 0000 0000 00, Phone +49 30 000000",
)


@pytest.mark.parametrize("kind", made_up())
def test_a_secret_is_found_whole_and_nothing_beside_it(kind: str) -> None:
    text, secret = made_up()[kind]
    found = [text[each.start : each.end] for each in secrets_in(text)]
    assert len(found) == 1
    assert secret in found[0]
    assert len(found[0]) <= len(secret) + 4


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_holds_no_secret(text: str) -> None:
    assert [text[each.start : each.end] for each in secrets_in(text)] == []


def test_our_own_pages_and_programs_hold_none() -> None:
    paths = [
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("tests/ideas/*.md"),
        *ROOT.glob("shared/core/**/*.py"),
        ROOT / "README.md",
    ]
    assert len(paths) > 40
    found = {path.name: [each.kind for each in secrets_in(path.read_text(encoding="utf-8"))] for path in paths}
    assert {name: kinds for name, kinds in found.items() if kinds} == {}


def test_what_follows_a_key_that_was_cut_off_stays() -> None:
    key = "-----BEGIN " + "PRIVATE KEY-----\n" + letters("cut", 64) + "\n" + letters("off", 50)
    (found,) = secrets_in(f"{key}…\n</data>\n\nMend exactly what the errors say.")
    assert (found.start, found.end) == (0, len(key))


@given(st.text(max_size=400))
def test_what_is_found_lies_in_the_text_in_order_and_apart(text: str) -> None:
    ends = 0
    for each in secrets_in(f"password: {text} token={text}"):
        assert ends <= each.start < each.end
        ends = each.end


def _cut_out_of(text: str) -> int:
    """Return how many characters the search cuts out of a text and keeps by a name: what grows where it goes back."""
    total = 0

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal total
        if event == "return" and "/shared/core/secret" in frame.f_code.co_filename:
            cut = [each for each in frame.f_locals.values() if isinstance(each, str)]
            total += sum(len(each) for each in cut if len(each) < len(text))

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        found = secrets_in(text)
    finally:
        sys.setprofile(before)
    assert len(found) <= len(text)
    return total


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param("a", id="one letter"),
        pytest.param("password: ", id="the word alone"),
        pytest.param("-----BEGIN RSA ", id="beginnings of keys"),
        pytest.param('"', id="quotes"),
        pytest.param('" "', id="empty pieces"),
        pytest.param("eyJ", id="beginnings of tokens"),
        pytest.param("://a:", id="beginnings of addresses"),
    ],
)
def test_text_made_to_keep_us_busy_is_read_like_any_other(piece: str) -> None:
    # a pattern that goes back over what it has read would not end
    short, long = (_cut_out_of(piece * (length // len(piece))) for length in (5_000, 20_000))
    assert long <= 4 * 1.1 * short + 1000


def test_a_value_is_judged_by_the_name_of_its_column() -> None:
    assert secret_value("Password", "Sommer" + "2026!")
    assert not secret_value("Owner", "Sommer" + "2026!")
    assert not secret_value("Password", "none")


@pytest.mark.parametrize("kind", ["github-token", "private-key", "slack-token", "key"])
@pytest.mark.parametrize("form", ["[[secret:{}:1]]", r"\[\[secret:{}:1\]\]"], ids=["as it is", "as Markdown shows it"])
def test_a_placeholder_is_no_secret(kind: str, form: str) -> None:
    assert secrets_in(f"The printer takes {form.format(kind)} as its password.") == ()
