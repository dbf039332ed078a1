"""Vectors of every Knowledge: the nearest come first, what is known is not asked for, and embedders never mix."""

from __future__ import annotations

import math

import pytest

from shared.core.errors import StoreError
from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import vector_key
from shared.ports.knowledge import Knowledge, KnownPage
from tests.support.builders.indexed_pages import MODEL, put, unit, words


def test_the_nearest_come_first_with_their_cosine(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "a", "b", "c", vectors=[unit(1, 0, 0), unit(1, 1, 0), unit(0, 0, 1)])
    found = knowledge.find_near(unit(1, 0, 0), MODEL, limit=2).found
    assert [each.chunk for each in found] == ["p1:b0:0", "p1:b1:0"]
    assert [each.score for each in found] == pytest.approx([1.0, math.sqrt(0.5)], abs=1e-6)


def test_only_vectors_that_are_not_known_have_to_be_given(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "same", "other", vectors=[unit(1, 0, 0), unit(0, 1, 0)])
    assert knowledge.known_vectors([vector_key("same"), vector_key("new")], MODEL) == {vector_key("same")}
    assert knowledge.known_vectors([vector_key("same")], "another/3") == set()
    # moved to another place, and renamed: not one vector is needed
    moved = Chunk("p1:b9:0", "p1", "same", ("Elsewhere",), 0, "b9", vector_key("same"))
    knowledge.replace(KnownPage("p1", "P"), [moved])
    assert [each.chunk for each in knowledge.find_near(unit(1, 0, 0), MODEL, limit=5).found] == ["p1:b9:0"]
    assert knowledge.count()["vectors"] == 1


def test_a_text_on_two_pages_keeps_its_vector_until_both_are_gone(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "same", vectors=[unit(1, 0, 0)])
    put(knowledge, "p2", "same")
    assert [each.chunk for each in knowledge.find_near(unit(1, 0, 0), MODEL, limit=5).found] == ["p1:b0:0", "p2:b0:0"]
    knowledge.remove("p1")
    assert [each.chunk for each in knowledge.find_near(unit(1, 0, 0), MODEL, limit=5).found] == ["p2:b0:0"]
    assert knowledge.known_vectors([vector_key("same")], MODEL) == {vector_key("same")}
    knowledge.remove("p2")
    assert knowledge.known_vectors([vector_key("same")], MODEL) == set()


def test_vectors_can_come_later(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "a", "b")
    missing = knowledge.list_without_vectors(MODEL, limit=10)
    assert {chunk.text for chunk in missing} == {"a", "b"}
    knowledge.add_vectors({vector_key("a"): unit(1, 0, 0), vector_key("gone"): unit(0, 1, 0)}, MODEL)
    assert [chunk.text for chunk in knowledge.list_without_vectors(MODEL, limit=10)] == ["b"]
    assert [each.chunk for each in knowledge.find_near(unit(1, 0, 0), MODEL, limit=5).found] == ["p1:b0:0"]
    assert knowledge.known_vectors([vector_key("gone")], MODEL) == set()


def test_vectors_of_two_embedders_never_mix(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "a", vectors=[unit(1, 0, 0)])
    assert knowledge.find_near(unit(1, 0, 0), "another/3", limit=5).found == ()
    assert [chunk.text for chunk in knowledge.list_without_vectors("another/3")] == ["a"]


def test_a_vector_of_another_length_is_refused_and_nothing_changes(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "a", vectors=[unit(1, 0, 0)])
    with pytest.raises(StoreError, match="dimension"):
        put(knowledge, "p1", "b", vectors=[unit(1, 0)])
    assert words(knowledge, "a") == [] or knowledge.get(["p1:b0:0"])[0].text == "a"
    assert knowledge.get(["p1:b0:0"])[0].text == "a"
