"""A deployment that is looked over, and what is said of several of its things at once."""

from __future__ import annotations

from dataclasses import dataclass

from shared.cli.doctor.cloud_wanted import Wanted
from shared.cli.doctor.google_reader import GoogleReader
from shared.core.tenants.finding import LATER, MISSING, OK, Finding


@dataclass(frozen=True)
class Site:
    """One deployment: what it should have, and how to see what it has."""

    wanted: Wanted
    google: GoogleReader
    number: str  # of the project; addresses of functions hold it

    @property
    def place(self) -> str:
        """Where regional things lie."""
        return f"projects/{self.wanted.project}/locations/{self.wanted.region}"

    def url(self, function: str) -> str:
        """Return the address that Cloud Run gives a function, which follows from its name."""
        return f"https://{function}-{self.number}.{self.wanted.region}.run.app"

    def apply(self) -> str:
        """Return the command that makes things as the files say."""
        files = ("envs/ENVIRONMENT.tfvars", "../build/release.auto.tfvars.json")
        return "terraform -chdir=terraform apply " + " ".join(f"-var-file={each}" for each in files)


def finding(name: str, why: str, problems: list[str], well: str, way_out: str, *, needed: bool = True) -> Finding:
    """Return one finding about several things: all well, or each problem and the way out."""
    if not problems:
        return Finding(name, OK, well, why=why, needed=needed)
    return Finding(name, MISSING if needed else LATER, "; ".join(problems), way_out, why=why, needed=needed)
