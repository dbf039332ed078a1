"""What of a mail server's no a trial tells people apart: by sort, whatever words it comes in."""

from __future__ import annotations

from shared.core.errors import Rejected


class NotTrusted(Rejected):
    """Nobody whom we trust vouches for the server's certificate."""


class AuthoritiesUnread(Rejected):
    """The authorities that the operator named cannot be read."""


class SenderRefused(Rejected):
    """The login may not send from its address; `reply` is the server's."""

    def __init__(self, what: str, reply: str) -> None:
        super().__init__("smtp", f"{what}: {reply}")
        self.reply = reply
