"""What we ask of a system that brings people messages: its client sends a note once, and finds it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol


class Opening(Protocol):
    """Something to open from a message."""

    @property
    def label(self) -> str: ...

    @property
    def url(self) -> str: ...


class Note(Protocol):
    """What a person is told."""

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def lines(self) -> Sequence[str]: ...

    @property
    def links(self) -> Sequence[Opening]: ...

    @property
    def token(self) -> str:
        """Return what decides, where the note asks for it: a channel with buttons of its own offers that."""
        ...


class Messenger(Protocol):
    """The client of a system with `sends_messages`; its results are what is stored of a note that was sent."""

    system: ClassVar[str]

    def send_note(self, place: str, note: Note, key: str) -> Mapping[str, Any]:
        """Send a note to a place; called again it sends a second one, so ask `find_note` first."""
        ...

    def find_note(self, place: str, key: str) -> Mapping[str, Any] | None:
        """Return what `send_note` returned for this key, None where nothing was sent."""
        ...
