"""A server that gives Notion's answers as a test writes them down, each as often as it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Told = tuple[int, Any, Mapping[str, str]]

PAGE = "00000000-0000-4000-8000-00000000000a"


@dataclass
class Repeater:
    """Answers what it was told, in order, the last one for ever."""

    answers: list[Told] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, *answers: Any, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers = [(status, each, named) for each in answers]
        self.asked.clear()


def refusal(status: int, code: str, **extra: Any) -> Json:
    more = {"additional_data": extra} if extra else {}
    return {"object": "error", "status": status, "code": code, "message": "because", "request_id": "r1", **more}
