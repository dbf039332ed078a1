"""Where a change is proposed: forge, repository and branch, and what the work begins at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic.json_schema import SkipJsonSchema

from shared.core.errors import NotApproved, Rejected
from shared.integrations.forge import Author, Forge, Repository
from shared.integrations.ship_settings import ship_of
from shared.steps._forge import OWN_BRANCH, forge_of, name_branch, place_of
from shared.steps._input import Input
from shared.steps._kind import Repeat, StepContext
from shared.steps._work import Work
from shared.steps.ship._destination import find_conflicts, list_overwritten
from shared.steps.ship._release import read_destination
from shared.steps.ship._target_limits import REPOSITORY, require_only_one

AUTHOR = Author("Workwright", "agent@workwright.invalid")
_README = "README.md"


class Propose(Input):
    """The repository comes from the settings, never from a page; the branch is one of our own, whatever is named."""

    title: str = Field(max_length=200)
    branch: SkipJsonSchema[str] = Field("", validate_default=True)

    @field_validator("branch")
    @classmethod
    def _make_own_branch(cls, value: str, about: ValidationInfo) -> str:
        if OWN_BRANCH.fullmatch(value):
            return value
        return name_branch(value.removeprefix("workwright/") or str(about.data.get("title", "")))


class Place:
    """Where it goes: forge, repository and branch, those it was begun with, whatever became of the settings since.

    The run's id in the branch keeps two runs of one page apart.
    """

    def __init__(self, wanted: Propose, ctx: StepContext) -> None:
        self.branch = f"{wanted.branch}-{ctx.home[-8:]}"
        self.made: Mapping[str, Any] = ctx.effect.find_result("repository") or {}
        system, self.owner, self.name = (
            (str(self.made["system"]), str(self.made["owner"]), str(self.made["name"])) if self.made else place_of(ctx)
        )
        self.forge: Forge = forge_of(ctx, self.owner, self.name, system=system)

    def settle(self, ctx: StepContext, work: Work) -> None:
        """See that the repository is there, and note where the work begins: at its base, or where the branch ends."""
        asked = ":".join(place_of(ctx))
        self.made = ctx.effect("repository", lambda: {**self._begin(ctx, work), "asked": asked}, repeat=Repeat.SAME_END)
        if self.made.get("asked", asked) != asked:
            begun = f"{self.made['owner']}/{self.made['name']}"
            problem = (
                f"this change was begun in {begun}, and the settings name another place: set them back, or begin anew"
            )
            raise Rejected(self.forge.system, problem)
        self.owner, self.name = str(self.made["owner"]), str(self.made["name"])

    def _begin(self, ctx: StepContext, work: Work) -> dict[str, Any]:
        remote = {} if work.tree.base else read_destination(ctx)
        if remote:
            place, _, base = str(remote["at"]).partition(":")[2].rpartition("@")
            owner, _, name = place.rpartition("/")
            repository_there = {"url": remote["url"], "default_branch": remote["branch"], "owner": owner, "name": name}
            return {**repository_there, "system": self.forge.system, "base": base}
        if work.tree.base:
            base = self._base_of(work)
            repository = self.forge.repository(self.owner, self.name)
        else:
            private = ship_of(ctx.settings).code.private
            require_only_one(ctx, REPOSITORY, self.forge.system, f"{self.owner}/{self.name}")
            repository = self.forge.ensure_repository(self.owner, self.name, private=private)
            base = self.forge.head(self.owner, self.name, repository.default_branch)
            if base:
                self._refuse_unseen(repository, base, work)
            base = base or self._make_first_commit(repository)
        return {
            "url": repository.url,
            "default_branch": repository.default_branch,
            "owner": repository.owner,
            "name": repository.name,
            "system": self.forge.system,
            "base": base,
        }

    def _base_of(self, work: Work) -> str:
        place, _, sha = work.tree.base.rpartition("@")
        wanted = f"{self.forge.system}:{self.owner}/{self.name}"
        if place.lower() != wanted.lower():
            raise Rejected(self.forge.system, f"the work was made for {place}, but the settings name {wanted}")
        return sha

    def _refuse_unseen(self, repository: Repository, base: str, work: Work) -> None:
        """Have people asked again where something has come, since they were asked, that the work would write over."""
        entries = self.forge.entries(repository.owner, repository.name, base)
        if [each.path for each in entries] == [_README]:  # what a new repository begins with
            return
        if list_overwritten(entries, work) or any(find_conflicts(entries, work)):
            full_name = f"{repository.owner}/{repository.name}"
            raise NotApproved("approval", f"in {full_name} there is something now that would be written over")

    def _make_first_commit(self, repository: Repository) -> str:
        return self.forge.first_commit(
            repository.owner,
            repository.name,
            branch=repository.default_branch,
            path=_README,
            content=f"# {repository.name}\n".encode(),
            message="Begin",
            author=AUTHOR,
        )
