"""What is kept of the turns of a conversation that its model is not told word for word any more."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.documents.codec import sparse

HEADS = {
    "decisions": "Decided",
    "entities": "Named",
    "questions": "Open question",
    "constraints": "Holds from now on",
    "said": "Said",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What is left of the first `turns` turns. It is data: people and models have said it, not we."""

    turns: int = sparse(0)
    goal: str = sparse("")
    decisions: tuple[str, ...] = sparse(())
    entities: tuple[str, ...] = sparse(())
    questions: tuple[str, ...] = sparse(())
    constraints: tuple[str, ...] = sparse(())
    said: tuple[str, ...] = sparse(())  # first sentences, of turns that no model has summarised
    version: str = sparse("")  # of the prompt that led to it

    @property
    def text(self) -> str:
        """Return it for a prompt; "" where nothing is left."""
        lines = [f"Goal: {self.goal}"] if self.goal else []
        for name in ("decisions", "entities", "questions", "constraints", "said"):
            lines += [f"{HEADS[name]}: {entry}" for entry in getattr(self, name)]
        return "\n".join(lines)
