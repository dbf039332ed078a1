"""Who stands behind what a page shows, and the text of it that commands, looks and wishes are stored with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.pages.author import AGENT, BOT, DOUBTED, PERSON, UNKNOWN, Author, read_author, write_author

STORED = [  # as the version before has written them
    ("person:ada", Author(PERSON, "ada")),
    ("mixed-person:ada", Author(PERSON, "ada", certain=False)),
    ("seen-person:ada", Author(PERSON, "ada", seen=True)),
    ("seen-mixed-person:ada", Author(PERSON, "ada", certain=False, seen=True)),
    ("bot:other", Author(BOT, "other")),
    ("mixed-bot:other", Author(BOT, "other", certain=False)),
    ("agent:other", Author(AGENT, "other")),
    ("seen-agent:other", Author(AGENT, "other", seen=True)),
    ("unknown:", Author(UNKNOWN)),
    ("unknown:ada", Author(UNKNOWN, "ada")),
    ("seen-unknown:", Author(UNKNOWN, seen=True)),
    ("seen-unknown:ada", Author(UNKNOWN, "ada", seen=True)),
    ("seen-doubted:", Author(DOUBTED, seen=True)),
    ("seen-doubted:ada", Author(DOUBTED, "ada", seen=True)),
    ("person:2f1c8b5e-2d6a-4c8e-9b1a-000000000001", Author(PERSON, "2f1c8b5e-2d6a-4c8e-9b1a-000000000001")),
    ("", Author()),
    ("seen-", Author(seen=True)),
    ("Ada", Author(id="Ada")),
]


@pytest.mark.parametrize(("text", "author"), STORED)
def test_what_is_stored_is_read_and_written_as_ever(text: str, author: Author) -> None:
    assert read_author(text) == author
    assert write_author(author) == text


@given(
    st.builds(
        Author,
        st.sampled_from((PERSON, BOT, AGENT, UNKNOWN, DOUBTED)),
        st.text("abc-:", max_size=8),
        certain=st.booleans(),
        seen=st.booleans(),
    )
)
def test_no_author_is_another_one_after_it_was_stored(author: Author) -> None:
    assert read_author(write_author(author)) == author


@pytest.mark.parametrize(
    ("author", "decides", "stops"),
    [
        pytest.param(Author(PERSON, "ada"), True, True, id="a person alone"),
        pytest.param(Author(PERSON, "ada", certain=False), False, True, id="a person among others"),
        pytest.param(Author(PERSON, "ada", seen=True), False, False, id="a person who set nothing"),
        pytest.param(Author(PERSON, "ada", certain=False, seen=True), False, False, id="looked at later"),
        pytest.param(Author(BOT, "other"), False, False, id="a bot"),
        pytest.param(Author(AGENT, "other"), False, False, id="an agent"),
        pytest.param(Author(UNKNOWN, "ada"), False, False, id="nobody knows who"),
        pytest.param(Author(DOUBTED, "ada", seen=True), False, False, id="somebody who was doubted"),
        pytest.param(Author(), False, False, id="nobody"),
    ],
)
def test_a_person_alone_decides_and_a_person_among_others_can_stop(author: Author, decides: bool, stops: bool) -> None:
    assert (author.decides, author.may_stop) == (decides, stops)
