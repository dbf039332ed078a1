"""Keeps what came of a page for people who want to see for themselves: plan, files, report, site, pictures."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from shared.cli.evaluate.collect import output_of
from shared.cli.evaluate.life import Ended, save
from shared.cli.evaluate.looks.seen import Made
from shared.core.run.codec import run_to_data
from shared.local.runtime import House


def keep(folder: Path, house: House, ended: Ended, made: Made) -> None:
    """Write all of it into the page's folder."""
    run, store = ended.run, house.wired.deps.store
    save(folder / "run.json", run_to_data(run))
    for kind, name, field in (("plan.propose", "plan.json", "proposal"), ("code.test", "report.json", "report")):
        reference = str(output_of(run, kind).get(field) or "")
        text = store.get_text(run.tenant, reference) if reference else ""
        if text:
            (folder / name).write_text(_indented(text), encoding="utf-8")
    if made.said:
        (folder / "said.txt").write_text(f"{made.said}\n", encoding="utf-8")
    for path, content in made.files.items():
        write_within(folder / "files", path, content)
    for page in made.site.pages if made.site is not None else ():
        name = page.path.strip("/").replace("/", "-") or "index"
        write_within(folder / "site", f"{name.removesuffix('.html')}.html", page.html.encode())
        for width, view in (("wide", page.wide), ("phone", page.phone)):
            if view is not None:
                write_within(folder / "pictures", f"{name}-{width}.png", view.picture)


def write_within(folder: Path, path: str, content: bytes) -> None:
    """Write a file below the folder; a path that would lead out of it is a model's, and is left out."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        return
    place = folder.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
    except ValueError:
        return text
