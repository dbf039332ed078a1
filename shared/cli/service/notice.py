"""What a service manager is told: that work has begun, and that it ends."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

_SOCKET = "NOTIFY_SOCKET"


def tell_manager(state: str) -> None:
    """Send a state to whoever started this process and asked for it, as sd_notify(3) does; else do nothing.

    A manager that cannot be reached must not end the work, so nothing is raised.
    """
    address = os.environ.get(_SOCKET, "")
    if not address.startswith(("/", "@")):
        return
    place = "\0" + address[1:] if address.startswith("@") else address  # a socket without a file
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.sendto(state.encode("ascii"), place)
