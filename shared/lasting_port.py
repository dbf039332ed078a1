"""Ports of this machine that stay free while nobody listens on them, for an address that must outlive its process."""

import random
import socket

# Systems take the ports of outgoing connections from 32768 (Linux: ip_local_port_range) or 49152 (RFC 6335, section 6)
# on. A port from there can be gone when its owner comes back a second later; one from below is taken only on purpose.
_FIRST, _LAST = 20_000, 32_767
_TRIES = 50


def find_lasting_port() -> int:
    """Return a loopback port that is free now and that no outgoing connection will be given; 0 if none was found."""
    for port in random.SystemRandom().sample(range(_FIRST, _LAST + 1), _TRIES):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return 0
