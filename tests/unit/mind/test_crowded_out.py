"""What more room would have let into a prompt is told by why it was left out, and not by what its page is called."""

from __future__ import annotations

from shared.mind.context import Part, assemble


def test_a_page_that_speaks_of_room_is_not_taken_for_one_that_had_none() -> None:
    text = "The same in both. " * 4
    context = assemble(
        [Part("page", "There is no room at the inn", text), Part("knowledge", "A page that says no room", text)],
        budget=4000,
    )
    assert context.dropped == ("knowledge (A page that says no room): said already by another part",)
    assert context.crowded_out == ()
    assert not context.short


def test_what_had_no_room_is_told_as_what_is_not_there() -> None:
    context = assemble([Part("page", "a page", "A long page. " * 5000)], budget=1000)
    assert context.short
    assert context.crowded_out == context.dropped != ()
