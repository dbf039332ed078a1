"""What comments on a plan mean: a yes is only what can mean nothing else."""

from __future__ import annotations

import pytest

from shared.core.approval.decision_words import MAX_WISH, Decision, Said, read_decision

YES = [
    "approve", "Approved", "approved!", "APPROVED.", "yes", "Yes, please", "yes — thanks!", "lgtm", "LGTM 👍", "👍",
    "✅",
    "👍🏽", "ok go", "OK, go!", "go ahead", "looks good", "Looks good to me, approved", "I approve this plan",
    "ship it",
    "ja", "Ja, bitte!", "genehmigt", "Freigegeben, danke", "einverstanden", "oui", "Oui, merci", "approuvé", "d’accord",
    "yes 🎉", "“approve”", "(approved)", "approve...", "👍👍",
    "sí", "si", "Sí, gracias", "aprobado", "de acuerdo", "a\u200bpproved", "ａｐｐｒｏｖｅｄ", "approve\n",
]  # fmt: skip

CHANGE = [
    "approve but make the title green", "Approved, but only with a map", "yes, but in German",
    "Yes. But shorter, please",
    "yes please change the title", "approve if the tests pass", "lgtm except the footer", "no, because it is too dear",
    "No: use our own colours", "no – we have a site already", "nope, wrong colours", "not yet, wait for Mira",
    "not approved because of the price", "rejected, too many steps", "change the heading to Club", "Please add a map",
    "please change the order", "ja, aber ohne Karte", "nein, weil es zu teuer ist", "bitte ändern: zwei Seiten",
    "oui mais en français", "non, parce que c'est trop long", "sí, pero más corto", "no, porque es caro",
]  # fmt: skip

UNCLEAR = [
    "", "   ", "\u200b", "ok", "Okay.", "hm", "no", "No!", "nein", "non", "what does it cost?", "approve?", "yes?",
    "Should I approve this?", "no problem", "No worries, take your time", "no objections", "approved by my boss",
    "Ada said yes", "I will approve it tomorrow", "who approved this", "do not", "disapprove", "unapproved",
    "yesterday",
    "jacket", "nothing to add", "great", "thanks", "the plan", "yes no", "approve approve no",
    "see you", "normal", "goahead",
    "approve 👎", "👍👎", "yes ❌", "🛑 approve", "!approve", "approve ✗", "approve 🙃", "¬approve", "-approve",
]  # fmt: skip


@pytest.mark.parametrize("comment", YES)
def test_a_plain_yes_is_a_yes(comment: str) -> None:
    found = read_decision(comment)
    assert (found.answer, found.wish) == (Said.YES, "")


@pytest.mark.parametrize("comment", CHANGE)
def test_a_yes_with_a_wish_and_a_no_with_a_reason_go_back_to_the_planner(comment: str) -> None:
    found = read_decision(comment)
    assert found.answer == Said.CHANGE
    assert found.wish == comment


@pytest.mark.parametrize("comment", UNCLEAR)
def test_everything_else_decides_nothing(comment: str) -> None:
    assert read_decision(comment) == Decision(Said.UNCLEAR)


@pytest.mark.parametrize(
    ("comment", "names_it"),
    [("approve", True), ("LGTM", True), ("genehmigt", True), ("yes", False), ("👍", False), ("no, because", False),
     ("do it", False), ("change the title", True), ("yes, but shorter", False), ("approved, but shorter", True)],
)  # fmt: skip
def test_a_bare_yes_or_no_is_told_from_words_about_approving(comment: str, names_it: bool) -> None:
    assert read_decision(comment).names_it is names_it


def test_a_wish_is_bounded_and_shows_no_hidden_letters() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "approve")
    found = read_decision(f"no, because{hidden} " + "it is long " * 1000)
    assert found.answer == Said.CHANGE
    assert len(found.wish) == MAX_WISH
    assert "\U000e0061" not in found.wish
