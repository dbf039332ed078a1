"""`workwright init`: a guided set-up of the systems that Workwright works with on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import click

from shared.backends.local.folder.data_folder import refuse_if_held
from shared.cli.root import DATA, format_command, workwright
from shared.cli.setup import limits_part, model_part, notion_part, people_part, sign_in_part, system_part
from shared.cli.setup.answer_file import AnswerFile
from shared.cli.setup.answer_source import Asking, Terminal
from shared.cli.setup.guide import Guide
from shared.core.errors import ConfigError
from shared.integrations.systems import SIGN_INS, SYSTEMS
from shared.local.configuration.choices import read_choices
from shared.local.configuration.migration_mark import refuse_moved

_ALONE = [each for each in SYSTEMS.values() if each.part == each.name != "notion" and not each.signs_in]
PARTS: Mapping[str, tuple[str, Callable[[Guide], None]]] = {
    "notion": (notion_part.ABOUT, notion_part.set_up_notion),
    "code": (system_part.ABOUT_CODE, partial(system_part.set_up_part, part="code")),
    "sites": (system_part.ABOUT_SITES, partial(system_part.set_up_part, part="sites")),
    "model": (model_part.ABOUT, model_part.set_up_model),
    "mail": (people_part.ABOUT_MAIL, people_part.set_up_mail),
    **{each.name: (system_part.tell_about(each), partial(system_part.set_up_part, part=each.name)) for each in _ALONE},
    "people": (people_part.ABOUT_PEOPLE, people_part.set_up_people),
    **{
        name: (sign_in_part.tell_about_sign_in(each), partial(sign_in_part.set_up_sign_in, name=name))
        for name, each in SIGN_INS.items()
    },
    "limits": (limits_part.ABOUT_LIMITS, limits_part.set_up_limits),
    "address": (limits_part.ABOUT_ADDRESS, limits_part.set_up_address),
}


@workwright.command()
@click.argument("parts", nargs=-1, type=click.Choice(tuple(PARTS)))
@click.option("--from", "file", type=click.Path(path_type=Path), help="Answers in a TOML file instead of the terminal.")
@DATA
def init(parts: Sequence[str], file: Path | None, data: Path) -> None:
    """Set up the systems that Workwright works with: which are real, and how they are reached.

    Each answer is tried at once. What is known is not asked again; name PARTS to do them again. Secrets are read
    without being shown, and kept sealed.
    """
    asking = _asking(file)
    refuse_if_held(data)  # makes the folder, closed to others
    refuse_moved(data)
    walk(Guide(data, read_choices(data), asking), parts)


def walk(guide: Guide, parts: Sequence[str] = ()) -> None:
    """Go through these parts, or through all that are not known yet."""
    for part in parts or PARTS:
        about, set_up = PARTS[part]
        known = guide.choices.describe_part(part)
        if part in parts or guide.ask.begins(part, about, known):
            set_up(guide)
    guide.ask.tell(f"Start Workwright: {format_command('up', data=guide.data)}")


def _asking(file: Path | None) -> Asking:
    if file is not None:
        return AnswerFile(file)
    if not sys.stdin.isatty():
        raise ConfigError("there is no terminal to ask in; give the answers in a file: workwright init --from FILE")
    return Terminal()
