"""Results as people read them: a short table, and under it what did not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]


def as_text(found: Json) -> str:
    """Return an evaluation's result."""
    return "\n".join(_lines(found))


def line_of(page: Json) -> str:
    """Return one page in a line."""
    mark = "✓" if page["ok"] else "✗"
    cost = f"{int(page['micros']) / 1e6:8.4f} $" if page["micros"] else "    free"
    more = f"  {page['repairs']} repairs" if page["repairs"] else ""
    held = f"{page['held']}/{page['looked']}"
    took = f"{cost:>10} {page['seconds']:7.1f} s{more}"
    return f"{mark} {page['page']:22} {page['kind']:8} {page['end']:10} {held:>6} {took}"


def _lines(found: Json) -> Iterator[str]:
    yield f"{found['set']} {found['version']} ({found['digest']}), model {found['model']}, prompts {found['prompts']}"
    yield ""
    for page in found["pages"]:
        yield line_of(page)
        for check in page["checks"]:
            if check["ok"] is False:
                yield f"    {check['name']}: {check['detail'][:160]}"
            elif check["ok"] is None:
                yield f"    not looked at: {check['name']} ({check['detail'][:120]})"
    yield ""
    yield (
        f"{'':10}{'pages':>7}{'right':>7}{'rate':>8}  {'95 percent':16}"
        f"{'dollars':>10}{'tokens':>11}{'minutes':>9}{'repairs':>9}"
    )
    for name, each in {**found["kinds"], "all": found["all"]}.items():
        rate = "–" if each["rate"] is None else f"{each['rate']:.0%}"
        interval = f"{each['low']:.0%} to {each['high']:.0%}"
        yield (
            f"{name:10}{each['pages']:7}{each['ok']:7}{rate:>8}  {interval:16}{each['usd']:10.4f}{each['tokens']:11}"
            f"{each['minutes']:9.1f}{each['repairs']:9}"
        )
    if found["missing"]:
        yield ""
        yield f"Not complete: {', '.join(found['missing'])} not evaluated; go on with --resume."
        if found["stopped_why"]:
            yield f"It ended before {found['stopped_before']}: {found['stopped_why']}."


def compared(found: Json) -> str:
    """Return a comparison."""
    lines = (
        []
        if found["same_set"]
        else ["The two results are of different sets or versions of one; read them with care.", ""]
    )
    for name in ("before", "after"):
        head, all_of_it = found[name], found["figures"][name]
        rate = "–" if all_of_it["rate"] is None else f"{all_of_it['rate']:.0%}"
        interval = f"{all_of_it['low']:.0%} to {all_of_it['high']:.0%}"
        lines.append(
            f"{name:7} {head['model']}, prompts {head['prompts']}: {all_of_it['ok']} of {all_of_it['pages']} right,"
            f" {rate} ({interval}), {all_of_it['usd']:.4f} $, {all_of_it['tokens']} tokens"
        )
    lines.append("")
    for page in found["pages"]:
        if page["change"] != "same" or page["checks_better"] or page["checks_worse"]:
            lines.append(f"{page['change']:7} {page['page']} ({' → '.join(page['ends'])})")
            lines += [f"        + {name}" for name in page["checks_better"]]
            lines += [f"        − {name}" for name in page["checks_worse"]]
    lines.append(
        f"{found['better']} better, {found['worse']} worse, {found['same']} the same; sign test p = {found['p']:.3f}"
    )
    return "\n".join(lines)
