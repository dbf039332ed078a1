"""`workwright backup` and `workwright restore`: one file with all that a house on one machine needs to go on."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

import click

from shared.backends.clock import SystemClock
from shared.backends.local.folder.backup import back_up
from shared.backends.local.folder.backup import restore as restore_folder
from shared.backends.local.keys.keyfile import KEY_FILE, write_private
from shared.cli.root import AS_JSON, DATA, workwright
from shared.cli.service.backup_rotation import drop_older, name_backup
from shared.core.errors import ConfigError

_FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))


@workwright.command()
@_FILE
@click.option("--with-key", is_flag=True, help="Put the installation's key into it: whoever has it opens everything.")
@click.option("--key-file", type=click.Path(path_type=Path), help="Write the installation's key to this file, apart.")
@click.option(
    "--keep",
    type=click.IntRange(1, 10_000),
    help="FILE is a folder: put a file there that is named by the time, and keep the newest so many of those.",
)
@DATA
@AS_JSON
def backup(file: Path, with_key: bool, key_file: Path | None, keep: int | None, data: Path, as_json: bool) -> None:
    """Copy everything that this installation needs into FILE, also while it is running; `-` is standard output.

    Without the key, tokens and secrets in it cannot be opened; pages and answers are plain text all the same. Keep the
    key apart (--key-file), or in it (--with-key) when the file itself is locked away.
    """
    at = SystemClock().now()
    if keep is not None:
        if str(file) == "-":
            raise click.UsageError("--keep needs a folder, and `-` is standard output")
        file = name_backup(file, at)
    for wanted in (key_file, file if str(file) != "-" else None):
        if wanted is not None and wanted.exists():
            raise ConfigError(f"{wanted}: is there already, and nothing is overwritten")
    if str(file) == "-":
        manifest = back_up(data, cast(IO[bytes], sys.stdout.buffer), at, with_key=with_key)
        sys.stdout.buffer.flush()
    else:
        manifest = _to_file(file, lambda part: back_up(data, part, at, with_key=with_key))
    if key_file is not None:
        write_private(key_file, (data / KEY_FILE).read_text(encoding="ascii"), replace=False)
    if keep is not None:
        drop_older(file.parent, keep)  # only now: one that could not be made must cost none of those that are there
    to = "" if str(file) == "-" else f" to {file}"
    _say(manifest, as_json, f"backed up {data}{to}", to_error=not to)
    if not with_key and key_file is None:
        click.echo(f"the key is not in it: keep {data / KEY_FILE} too, apart (--key-file FILE copies it)", err=True)


@workwright.command()
@_FILE
@click.option("--key-file", type=click.Path(path_type=Path), help="The installation's key, if it was kept apart.")
@DATA
@AS_JSON
def restore(file: Path, key_file: Path | None, data: Path, as_json: bool) -> None:
    """Make the data folder of what `backup` wrote; it must not be there yet, or be empty.

    First stop the installation that it was copied from: both of them would do the same work.
    """
    if str(file) == "-":
        with tempfile.TemporaryFile() as whole:
            while block := sys.stdin.buffer.read(1 << 20):
                whole.write(block)
            manifest = restore_folder(whole, data, key_file)
    else:
        try:
            with file.open("rb") as archive:
                manifest = restore_folder(archive, data, key_file)
        except OSError as error:
            raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    _say(manifest, as_json, f"restored to {data}; start it: workwright up --data {data}")


def _to_file(file: Path, write: Any) -> Mapping[str, Any]:
    """Write a file nobody else may read, whole or not at all."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            manifest: Mapping[str, Any] = write(out)
            out.flush()
            os.fsync(out.fileno())
        os.link(part, file)  # fails where a file has come into being meanwhile
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _say(manifest: Mapping[str, Any], as_json: bool, done: str, *, to_error: bool = False) -> None:
    if as_json:
        click.echo(json.dumps(manifest), err=to_error)
        return
    counts = ", ".join(f"{count} {name}" for name, count in manifest["counts"].items())
    click.echo(f"{done}\n{counts}; key {'in it' if manifest['with_key'] else 'apart'}; {manifest['at']}", err=to_error)
