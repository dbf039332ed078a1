"""The one key of an installation: a file nobody else may read, and keys derived from it for each purpose."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.core.errors import ConfigError

KEY_FILE = "key"
KEY_BYTES = 32


def installation_key(folder: Path) -> bytes:
    """Return the key of this folder, made on first use; raises ConfigError when others could read it."""
    return installation_keys(folder)[0]


def installation_keys(folder: Path) -> tuple[bytes, ...]:
    """Return the key of this folder and, while it is being changed, the one that follows it: both open things then."""
    path = folder / KEY_FILE
    if not path.exists():
        _create(path)
    refuse_if_shared(path)
    try:
        lines = path.read_text(encoding="ascii").split()
        keys = tuple(base64.b64decode(line, validate=True) for line in lines)
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} does not hold a key. Put the right file back, or set up a new data folder."
        ) from error
    if not 1 <= len(keys) <= 2 or any(len(key) != KEY_BYTES for key in keys):
        held = len(keys[0]) if len(keys) == 1 else sum(map(len, keys))
        raise ConfigError(f"{path} holds {held} bytes, but a key has {KEY_BYTES}. Put the right file back.")
    return keys


def write_keys(folder: Path, *keys: bytes) -> None:
    """Make these the keys of the folder, the one in use first, in one step."""
    lines = "".join(base64.b64encode(key).decode() + "\n" for key in keys)
    write_private(folder / KEY_FILE, lines, replace=True)


def derive_key(key: bytes, purpose: str, about: str = "") -> bytes:
    """Return a key for one purpose; none of them tells anything about another."""
    info = f"workwright/{purpose}\x1f{about}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def refuse_if_shared(path: Path) -> None:
    """Raise ConfigError when the file may be read or written by anybody but its owner, or is not ours."""
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        raise ConfigError(f"{path} has mode {mode:04o}, so others may read it. Run: chmod 600 {path}")
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path} belongs to another user. Run as that user, or run: chown {os.geteuid()} {path}")


def write_private(path: Path, text: str, *, replace: bool) -> bool:
    """Write a file of mode 0600 as a whole or not at all; False when it is there and must not be replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            try:
                os.link(draft, path)  # fails where the file exists, also for two processes in the same moment
            except FileExistsError:
                return False
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return True


def _create(path: Path) -> None:
    write_private(path, base64.b64encode(os.urandom(KEY_BYTES)).decode() + "\n", replace=False)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)  # the name must survive a power cut too, not only the content
    finally:
        os.close(handle)
