"""What a command prints arrives whole, also where Python runs unbuffered (`-u`, PYTHONUNBUFFERED)."""

from __future__ import annotations

import io
import sys
from typing import TextIO


def print_whole() -> None:
    """Put a buffer below stdout and stderr where there is none, emptied with each line.

    Python's text layer ignores that an unbuffered stream took only a part, as a pipe does when a signal comes
    (https://github.com/python/cpython/issues/85393); a buffer writes the rest.
    """
    sys.stdout = _add_buffer(sys.stdout)
    sys.stderr = _add_buffer(sys.stderr)


def _add_buffer(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper) or not isinstance(stream.buffer, io.RawIOBase):
        return stream
    encoding, errors = stream.encoding, stream.errors
    buffer = io.BufferedWriter(stream.detach())
    return io.TextIOWrapper(buffer, encoding, errors, line_buffering=True)
