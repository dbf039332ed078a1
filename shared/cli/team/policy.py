"""`workwright policy`: how far a team lets work go without asking; set it, and try it on a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import ask_house, ask_tagged, show
from shared.cli.remote import RUN
from shared.cli.root import AS_JSON, DATA, workwright
from shared.core.errors import ConfigError

_ADDRESS = "/v1/policy"
_LISTS = {"system": "systems", "may_change": "may_change", "must_not_change": "must_not_change"}
_SIGNS = {True: "asks ", False: "ahead"}
Command = Callable[..., None]


def _add_options(command: Command) -> Command:
    """Add what a policy is made of."""
    many: Mapping[str, Any] = {"multiple": True, "default": ()}
    options = (
        click.option(
            "--level", "levels", metavar="WORK=LEVEL", **many,
            help="WORK: pages, other_systems, code, release or production. LEVEL: always, release_and_production or "
            "inside_limits.",
        ),
        click.option("--risk", type=click.Choice(["low", "medium", "high"]), help="The highest that goes ahead."),
        click.option("--money", type=click.FloatRange(0, 1e6), metavar="USD", help="The most that a run may cost."),
        click.option("--system", metavar="NAME", help="Only in this system; may be given again.", **many),
        click.option("--may-change", metavar="PATTERN", help="Only paths like this; may be given again.", **many),
        click.option("--must-not-change", metavar="PATTERN", help="No path like this; may be given again.", **many),
        click.option("--afresh", is_flag=True, help="Begin with a policy that always asks, not with the present one."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@workwright.group(invoke_without_command=True)
@DATA
@AS_JSON
@click.pass_context
def policy(ctx: click.Context, data: Path, as_json: bool) -> None:
    """Show how far work goes without asking; set it, or see what it would ask about a run."""
    if ctx.invoked_subcommand is None:
        show(ask_house(data, "GET", _ADDRESS), as_json, _text)


@policy.command("set")
@_add_options
@DATA
@AS_JSON
def set_policy(data: Path, as_json: bool, **given: Any) -> None:
    """Change what is given, and leave the rest as it is."""
    now, tag = ask_tagged(data, _ADDRESS)
    show(ask_house(data, "PUT", _ADDRESS, body=make_policy(now, given), match=tag), as_json, _text)


@policy.command("test")
@RUN
@_add_options
@DATA
@AS_JSON
def try_policy(run: str, data: Path, as_json: bool, **given: Any) -> None:
    """Show what would be asked about a run, by the team's policy or with these changes to it; nothing is changed."""
    body: dict[str, Any] = {"run": run}
    if any(given.values()) or given["money"] is not None:
        body["policy"] = make_policy(ask_house(data, "GET", _ADDRESS), given)
    show(ask_house(data, "POST", f"{_ADDRESS}/test", body=body), as_json, _describe_test)


def make_policy(now: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the policy with what is given changed; raises ConfigError naming what cannot be read."""
    names = ("levels", "risk", "micros", "systems", "may_change", "must_not_change")
    made = {} if given.get("afresh") else {name: now[name] for name in names}
    if levels := _read_levels(given.get("levels", ()), now["levels"]):
        made["levels"] = {**made.get("levels", {}), **levels}
    if given.get("risk"):
        made["risk"] = given["risk"]
    if given.get("money") is not None:
        made["micros"] = round(given["money"] * 1_000_000)
    made |= {field: list(given[name]) for name, field in _LISTS.items() if given.get(name)}
    return made


def _read_levels(given: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for each in given:
        work, sign, level = each.partition("=")
        if not sign or work.strip() not in known:
            raise ConfigError(f"--level {each!r}: write WORK=LEVEL, where WORK is one of {', '.join(known)}")
        found[work.strip()] = level.strip()
    return found


def _text(found: dict[str, Any]) -> list[str]:
    return [str(line) for line in found["words"]]


def _describe_test(found: dict[str, Any]) -> list[str]:
    lines = []
    for gate in found["gates"]:
        lines.append(f"{_SIGNS[gate['asks']]}  {gate['title'] or gate['gate']}: {gate['why']}")
        lines += [f"  {_SIGNS[each['asks']]}  {each['title'] or each['step']}: {each['why']}" for each in gate["steps"]]
    return lines or ["This run asks nobody anything: it has no plan yet, or one that needs no approval."]
