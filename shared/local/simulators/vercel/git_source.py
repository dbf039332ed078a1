"""Deploying from git: a commit is fetched from a repository that the account's app at the forge may see."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.local.simulators._git import BareRepository
from shared.local.simulators.vercel.checks import Refused

Json = dict[str, Any]
_NUMBERS = {"github": "repoId", "gitlab": "projectId"}
_NEEDED = {"type", "ref"}


def read_commit_files(state: Json, source: Any, root: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the commit below its root directory, by their paths there."""
    if not isinstance(source, dict) or not set(source) >= _NEEDED:
        raise Refused(400, "bad_request", "Invalid request: `gitSource` should have `type` and `ref`.")
    number = source.get(_NUMBERS.get(str(source["type"]), ""))
    folder = state["config"]["repositories"].get(f"{source['type']}:{number}")
    if folder is None:
        raise Refused(400, "incorrect_git_source_info", "The provided git source is not connected to this account.")
    start = f"{root.strip('/')}/" if root.strip("/.") else ""
    commit = str(source.get("sha") or source["ref"])
    repository = BareRepository(Path(folder))
    if repository.kind(commit) != "commit":
        raise Refused(400, "incorrect_git_source_info", "The provided commit could not be found.")
    for entry in repository.entries(commit, recursive=True):
        if entry.path.startswith(start) and entry.kind == "blob":
            yield entry.path.removeprefix(start), repository.content(entry.sha)
