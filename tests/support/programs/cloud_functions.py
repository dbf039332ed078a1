"""Serves the functions in cloud mode on one port, as a process that can be killed: `python -m … PORT`.

The environment says where the cloud is. The process ends when it is told to, or when who started it is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from shared.local.serve import house_app, listen


def main() -> int:
    """Load every function, then answer: a port that takes connections is one whose functions are there."""
    parent, stop = os.getppid(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server = listen(house_app(), int(sys.argv[1]))
    while not stop.wait(0.2) and os.getppid() == parent:
        pass
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
