"""Try a folder of this machine as the place of sites: what lies in it will be read by whoever visits a site."""

from __future__ import annotations

import errno
import shutil
import tempfile
from pathlib import Path

from shared.integrations.trial_result import Given, Tried

MIN_FREE = 200 * 1024**2  # bytes: some hundred versions of small sites
INSIDE = "sites"  # the one place for sites within the data folder
_WRITE = "Let the user who runs Workwright write there (chown, chmod), or name another folder."
_OTHER = "Name a folder for sites alone, as in /srv/sites."


def try_sites_folder(given: str, data: Path, *, min_free: int = MIN_FREE) -> Tried:
    """Say whether sites may be kept in a folder with `min_free` bytes free; it is not made yet. Facts: folder, free_mb.

    `data` is the data folder of the installation, whose keys must never be among what is shown to visitors.
    """
    if not given.strip():
        return Tried(False, "No folder was named.", _OTHER)
    folder = Path(given).expanduser()
    if not folder.is_absolute() or "\0" in given:
        return Tried(False, f"“{given}” is not an absolute path.", "Give it from the root on, as in /srv/sites.")
    try:
        return _judge_folder(folder.resolve(), data.resolve(), min_free)
    except (OSError, RuntimeError) as error:  # a loop of links, a disk that fails
        reason = getattr(error, "strerror", None) or "its links lead in a circle"
        return Tried(False, f"{folder} cannot be used: {reason}.", _OTHER)


def _judge_folder(folder: Path, data: Path, min_free: int) -> Tried:
    facts = {"folder": str(folder)}
    if folder in (Path(folder.anchor), Path.home()):
        return Tried(False, f"{folder} holds more than sites, and all of it could be seen by visitors.", _OTHER, facts)
    if folder == data or folder in data.parents:
        says = f"{folder} holds Workwright's own data with its keys, which visitors of a site must never reach."
        return Tried(False, says, _OTHER, facts)
    if data in folder.parents and folder.relative_to(data).parts[0] != INSIDE:
        says = f"{folder} is within Workwright's own data, where its keys are kept."
        return Tried(False, says, f"Name {data / INSIDE}, or a folder elsewhere.", facts)
    if folder.exists() and not folder.is_dir():
        return Tried(False, f"{folder} is a file.", _OTHER, facts)
    place = next(each for each in (folder, *folder.parents) if each.exists())
    if not place.is_dir():
        return Tried(False, f"{place} is a file, so that nothing can be below it.", _OTHER, facts)
    if why := _explain_unwritable(place):
        return Tried(False, f"{place} cannot be written to: {why}.", _WRITE, facts)
    free = shutil.disk_usage(place).free
    facts["free_mb"] = str(free // 1024**2)
    if free < min_free:
        says = f"There are {facts['free_mb']} MB left where {folder} is, and sites want {min_free // 1024**2} MB."
        return Tried(False, says, "Make room there, or name a folder on another disk.", facts)
    state = "is there" if place == folder else "will be made"
    return Tried(True, f"Sites can be kept in {folder}, which {state}.", facts=facts)


def _explain_unwritable(place: Path) -> str:
    """Write nothing that stays: a file without a name."""
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"\0")
    except OSError as error:
        return {errno.EROFS: "the disk is read-only", errno.ENOSPC: "the disk is full"}.get(
            error.errno or 0, "this user has no right to"
        )
    return ""


def try_given(given: Given) -> Tried:
    """Try the folder, in an installation whose own is the fact `data`."""
    return try_sites_folder(given.fact("folder"), Path(given.fact("data")))
