"""A conversation with Workwright, as one person has it."""

from __future__ import annotations

from shared.app.chat.chat_memory import Said, keep_chat, load_chat, new_chat
from shared.app.chat.conversation import speak
from shared.core.run.run import Run
from shared.integrations.notion.client.wire import normal_id
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT


class Talk:
    """One person's conversation with the house of a desk."""

    def __init__(self, desk: Desk, page: str = "", title: str = "", by: str = "key-1") -> None:
        self.desk, self.number = desk, 0
        now = desk.house.clock.now().isoformat()
        chat = new_chat(TENANT, by, "Ada Example", now, "1", page=normal_id(page) if page else "", title=title)
        self.chat = keep_chat(desk.house.deps, TENANT, chat)

    def say(self, text: str, message: str = "") -> Said:
        """Say something, let the house work, and return the answer."""
        self.number += 1
        house = self.desk.house
        self.chat = load_chat(house.deps, TENANT, self.chat.id, self.chat.by) or self.chat
        self.chat = speak(house.deps, house.tools, TENANT, self.chat, text, message or f"m-{self.number}")
        house.work()
        return self.chat.turns[-1]

    def run(self) -> Run:
        """Return the run that is spoken of."""
        return self.desk.house.run(self.chat.run)
