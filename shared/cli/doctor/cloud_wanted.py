"""What a deployment should have: read from the files it was made of, so that nothing is said twice.

`functions/*/function.yaml`, and `roles.yaml`, `secrets.yaml`, `indexes.json` and `apis.tf` of `terraform/`.
Names are those that `terraform/` gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from shared.core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
_API = re.compile(r'"([a-z]+\.googleapis\.com)"')


@dataclass(frozen=True)
class Wanted:
    """The deployment of one project as this checkout describes it."""

    project: str
    region: str
    name: str = "workwright"
    root: Path = ROOT
    release: Mapping[str, str] | None = None  # function → object in the source bucket

    @cached_property
    def functions(self) -> dict[str, dict[str, Any]]:
        """Every function of the project; the code-runner stands in another one."""
        found = {
            path.parent.name: yaml.safe_load(self._text(path)) for path in self._files("functions/*/function.yaml")
        }
        return {name: declared for name, declared in sorted(found.items()) if name != "code-runner"}

    @cached_property
    def roles(self) -> dict[str, dict[str, Any]]:
        """Symbolic role → on what it is given (`at`), its permissions, why."""
        return dict(yaml.safe_load(self._text(self.root / "terraform" / "roles.yaml")))

    @cached_property
    def purposes(self) -> dict[str, str]:
        """Secret → what it is for."""
        return dict(yaml.safe_load(self._text(self.root / "terraform" / "secrets.yaml")))

    @cached_property
    def indexes(self) -> dict[str, list[dict[str, Any]]]:
        """Composite indexes and fields with indexes of their own, as Terraform reads them."""
        return dict(json.loads(self._text(self.root / "terraform" / "indexes.json")))

    @cached_property
    def apis(self) -> list[str]:
        """The APIs that Terraform switches on."""
        return sorted(set(_API.findall(self._text(self.root / "terraform" / "apis.tf"))))

    @property
    def public(self) -> list[str]:
        """The doors."""
        return [name for name, declared in self.functions.items() if declared["trigger"] == "public"]

    @property
    def secrets(self) -> list[str]:
        """Every operator's secret that a function reads or writes."""
        return sorted(
            {
                each
                for declared in self.functions.values()
                for each in [*declared["secrets"], *declared["writes_secrets"]]
            }
        )

    def account(self, function: str) -> str:
        """Return the e-mail of a function's account."""
        return self.email(f"fn-{function}")

    def email(self, account: str) -> str:
        """Return the e-mail of an account of the project."""
        return f"{account}@{self.project}.iam.gserviceaccount.com"

    def role(self, symbolic: str) -> str:
        return f"projects/{self.project}/roles/{self.name.replace('-', '_')}_{symbolic.replace('-', '_')}"

    def list_roles(self, at: str) -> dict[str, set[str]]:
        """Return function → names of the roles it is given on one kind of thing, for those with any."""
        roles = {name for name, custom_role in self.roles.items() if custom_role["at"] == at}
        given = {
            name: {self.role(each) for each in declared["roles"] if each in roles}
            for name, declared in self.functions.items()
        }
        return {name: each for name, each in given.items() if each}

    def _files(self, pattern: str) -> list[Path]:
        found = sorted(self.root.glob(pattern))
        if not found:
            raise ConfigError(f"no {pattern} in {self.root}; run this from a checkout of the release that is deployed")
        return found

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            raise ConfigError(
                f"{path} cannot be read; run this from a checkout of the release that is deployed"
            ) from None


def read_release(path: Path) -> Mapping[str, str] | None:
    """Return the release map that `terraform/bundle.py` wrote; None when there is none."""
    if not path.exists():
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["bundles"])
    except (ValueError, LookupError, TypeError):
        raise ConfigError(f"{path} is not a release; `make bundle` writes one") from None
