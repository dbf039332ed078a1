"""How a class is stored is worked out when it is first met, by however many threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import Any

from shared.core.documents.codec import from_body, to_body

ENTERED, GO_ON = Event(), Event()


def looked_up(hint: Any) -> Any:
    """Stand for a type that takes its time to be looked up."""
    ENTERED.set()
    GO_ON.wait(10)
    return hint


@dataclass(frozen=True, slots=True)
class Slow:
    name: looked_up(str)  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    below: tuple[Tree, ...] = ()


def test_a_thread_that_meets_a_class_while_another_works_it_out_waits_for_it() -> None:
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(to_body, Slow("a"))
        assert ENTERED.wait(10)
        second = threads.submit(to_body, Slow("b"))
        wait([second], timeout=0.1)  # long enough for one that does not wait
        GO_ON.set()
        assert (first.result(10), second.result(10)) == ({"name": "a"}, {"name": "b"})


def test_a_class_that_holds_itself_is_read_as_deep_as_it_goes() -> None:
    tree = Tree("root", (Tree("branch", (Tree("leaf"),)),))
    assert from_body(Tree, to_body(tree)) == tree
