"""What a wish says by its words alone: few words are understood, and those in four languages."""

import pytest

from shared.core.approval.wishes import is_for_good, kinds_to_avoid, normalize_words

PROMOTE = frozenset({"site.promote", "site.watch"})
DEPLOY = PROMOTE | {"site.deploy", "site.verify"}
CHANGES = frozenset(f"repository.{what}" for what in ("propose_change", "watch_checks", "merge_change"))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Never put anything live by yourself", PROMOTE),
        ("Bitte nie veröffentlichen", PROMOTE),
        ("Ne publiez jamais", PROMOTE),
        ("Don’t deploy", DEPLOY),
        ("no pull requests, please", CHANGES),
        ("Kommentare bitte nicht mehr", frozenset({"notion.comment"})),
        ("never delete pages", frozenset({"notion.trash_page", "notion.delete_blocks"})),
        ("Always deploy", frozenset()),
        ("No problem, deploy it", frozenset()),
        ("Without a map. Deploy it!", frozenset()),
        ("We live in Berlin", frozenset()),
        ("", frozenset()),
    ],
)
def test_kinds_that_are_not_wanted(text: str, kinds: frozenset[str]) -> None:
    assert kinds_to_avoid(text) == kinds


@pytest.mark.parametrize("text", ["Always in German", "IMMER kurz", "jamais de carte", "Nunca", "From now on, no maps"])
def test_a_wish_for_good(text: str) -> None:
    assert is_for_good(text)


@pytest.mark.parametrize("text", ["no, because we need a map", "alwaysmap", "ein nieselregen", ""])
def test_a_wish_about_one_plan(text: str) -> None:
    assert not is_for_good(text)


def test_the_same_words_are_the_same_whatever_stands_between_them() -> None:
    assert normalize_words("No map!") == normalize_words("no \u200b  MAP.") == "no map"
    assert normalize_words("?!") == ""
