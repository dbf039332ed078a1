"""Ask the workspace from the terminal, and see what is known of it: calls to the API of the house that runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from shared.cli.house_calls import THINKING, ask_house, show
from shared.cli.root import AS_JSON, DATA, format_command, workwright
from shared.core.errors import ConfigError
from shared.core.text.sentence import count_of


@workwright.command()
@click.argument("question")
@click.option(
    "--history",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A JSON list of what was said before: a question, its answer, and so on. The new turn is added to it.",
)
@DATA
@AS_JSON
def ask(question: str, history: Path | None, data: Path, as_json: bool) -> None:
    """Answer a question from the team's Notion, with sources."""
    from shared.app.api.run.workspace_questions import LONGEST_TURN, TURNS

    earlier = _read_history(history)
    lately = [turn[:LONGEST_TURN] for turn in earlier[-TURNS:]]
    found = ask_house(data, "POST", "/v1/ask", body={"question": question, "history": lately}, wait=THINKING)
    if history is not None:
        turns = [*earlier, question, found["answer"]]
        history.write_text(json.dumps(turns, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    show(found, as_json, _answer_text)


@workwright.command()
@click.option("--read-again", is_flag=True, help="Read all of the workspace again.")
@click.option(
    "--forget-lost", is_flag=True, help=("Forget the pages that Notion no longer shows, however many they are.")
)
@click.option("--off/--on", "off", default=None, help="Stop reading and forget everything, or begin again.")
@DATA
@AS_JSON
def knowledge(read_again: bool, forget_lost: bool, off: bool | None, data: Path, as_json: bool) -> None:
    """Show what is known of the team's Notion, and how far reading it has got."""
    wanted = {"read_again": read_again, "forget_lost": forget_lost}
    body = {name: True for name, chosen in wanted.items() if chosen} | ({} if off is None else {"off": off})
    method = "POST" if body else "GET"
    show(ask_house(data, method, "/v1/knowledge", body=body or None), as_json, _knowledge_text)


def _read_history(history: Path | None) -> list[str]:
    if history is None or not history.exists():
        return []
    try:
        turns = json.loads(history.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(
            f"{history} is not JSON: {error}; give a file with a list of texts, or the name of a new file"
        ) from None
    if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns) or len(turns) % 2:
        raise ConfigError(f"{history} is not a list of texts, question and answer in turn")
    return turns


def _answer_text(found: dict[str, Any]) -> list[str]:
    lines = [*str(found["answer"]).splitlines()]
    lines += [f"  [{source['id']}] {source['title']}  {source['url']}" for source in found["sources"]]
    return [*lines, *([f"answered by {found['model']}"] if found["model"] else [])]


def _knowledge_text(found: dict[str, Any]) -> list[str]:
    sync = found["sync"]
    by = found["embedder"] or "words alone"
    counted = (("pages", "page"), ("chunks", "piece"), ("vectors", "vector"))
    lines = [f"{', '.join(count_of(found[name], what) for name, what in counted)}; searched by {by}"]
    if found["off"]:
        lines.append(f"Switched off: {format_command('knowledge', '--on')}")
    if not found["connected"]:
        lines.append("Notion is not connected, so nothing is shown.")
    if sync["began"]:
        end = f"ended {sync['ended'][:19]}" if sync["ended"] else "under way"
        of = f", of about {sync['known']}" if sync["known"] else ""
        lines.append(
            f"reading began {sync['began'][:19]}, {end}: {count_of(sync['read'], 'page')} read, counting repeats{of}"
        )
        counters = ("embedded", "reused", "removed", "failed", "waiting", "lost")
        lines.append("  " + ", ".join(f"{name} {sync[name]}" for name in counters))
    else:
        lines.append("Nothing has been read yet; it begins by itself within minutes.")
    return [
        *lines,
        *([f"Look: {sync['alert']}.", f"  {format_command('knowledge', '--forget-lost')}"] if sync["alert"] else []),
    ]
