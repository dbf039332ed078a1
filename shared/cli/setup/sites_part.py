"""Set up where sites go: Vercel by a token, a folder on this machine, a bucket, simulated, or nowhere."""

from __future__ import annotations

from pathlib import Path

from shared.app.tries.tried import Tried
from shared.cli.setup.guide import Guide
from shared.cli.setup.opened import opened
from shared.cli.setup.trials import try_bucket, try_folder, try_host
from shared.integrations.systems import HOSTS
from shared.local.chosen.choices import NONE, REAL, SIMULATED, Choices
from shared.local.chosen.tenant import carry_over, drop_token, keep_token
from shared.ports import Secret

ABOUT = "Sites: where what was built goes live."
_USES = (
    ("vercel", "Vercel, by a token"),
    ("local_sites", "A folder on this machine"),
    ("cloud_storage", "A bucket of Google Cloud Storage, with this machine's Google identity"),
    (SIMULATED, "A simulated Vercel on this machine"),
    (NONE, "Nowhere: no site is put live"),
)


def set_up_sites(guide: Guide) -> None:
    """Ask where sites go, and try it."""
    use = guide.ask.choose("sites.use", "Where do sites go?", _USES, _known(guide.choices))
    others = guide.choices
    for host in HOSTS:
        others = others.choosing(host, NONE)
    if use == "vercel":
        _by_token(guide, others)
        return
    wanted: Choices | None = others
    if use == SIMULATED:
        wanted = others.choosing("vercel", SIMULATED)
    elif use == "local_sites":
        wanted = _in_a_folder(guide, others)
    elif use == "cloud_storage":
        wanted = _in_a_bucket(guide, others)
    if wanted is None:
        return
    with opened(guide.data, wanted) as house:
        drop_token(house.deps, guide.data, "vercel")
        guide.keep(wanted)
        carry_over(house.deps, house.accounts, guide.data, wanted)


def _known(choices: Choices) -> str:
    real = next((each for each in HOSTS if choices.mode(each) == REAL), "")
    return real or choices.mode("vercel")


def _by_token(guide: Guide, others: Choices) -> None:
    address = guide.ask.written("sites.address") or guide.choices.of("vercel").fact("address")
    wanted = others.choosing("vercel", REAL, address=address)
    token = Secret("")
    with opened(guide.data, wanted) as house:

        def attempt() -> Tried:
            nonlocal token
            token = guide.ask.secret("sites.token", "A token of Vercel")
            return try_host(house.accounts, token)

        found = guide.until_it_works(attempt)
        if found is None:
            return
        guide.keep(wanted.choosing("vercel", REAL, login=found.facts.get("login", ""), address=address))
        keep_token(house.deps, house.accounts, guide.data, guide.choices, "vercel", token)


def _in_a_folder(guide: Guide, others: Choices) -> Choices | None:
    known = guide.choices.of("local_sites").fact("folder") or str((guide.data / "sites").resolve())
    folder = Path()

    def attempt() -> Tried:
        nonlocal folder
        given = guide.ask.text("sites.folder", "The folder for sites", known)
        folder = Path(given).expanduser().resolve()
        return try_folder(str(folder) if given else "", guide.data)

    found = guide.until_it_works(attempt)
    if found is None:
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return others.choosing("local_sites", REAL, folder=str(folder))


def _in_a_bucket(guide: Guide, others: Choices) -> Choices | None:
    known = guide.choices.of("cloud_storage")
    address = guide.ask.written("sites.address") or known.fact("address")
    bucket = ""

    def attempt() -> Tried:
        nonlocal bucket
        bucket = guide.ask.text("sites.bucket", "The bucket's name", known.fact("bucket"))
        return try_bucket(bucket, address)

    found = guide.until_it_works(attempt)
    return None if found is None else others.choosing("cloud_storage", REAL, bucket=bucket, address=address)
