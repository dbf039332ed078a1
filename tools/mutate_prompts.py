"""Take each sentence that we tell a model out of its prompt, one by one, and see whether a check turns red.

    .venv/bin/python tools/mutate_prompts.py            how many of each text, and of all
    .venv/bin/python tools/mutate_prompts.py --loose    the sentences that can go unnoticed, each with why it stays

Used are the checks of `tests/unit/prompts/contract.py`, called as functions: rules that an answer can be refused for,
what our code does and tells, fields and values of answers, and what a text promises. The last is the weakest: how many
sentences rest on it alone is said too. The exact requests in `tests/unit/mind/goldens` are left out:
they turn red for every change and so say nothing. What says nothing to any check is given one, or goes; what stays
without is in `promises.toml` under `judgement`, with a reason.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.unit.prompts.contract import kept, promised_alone, unguarded
from tests.unit.prompts.sentences import sentences_of, texts


def main(asked: list[str]) -> int:
    """Print what was found; 1 where a sentence can go unnoticed that nobody has given a reason for."""
    all_told = all_loose = unknown = 0
    for name, text in texts().items():
        count, loose = len(sentences_of(text)), unguarded(name)
        all_told, all_loose = all_told + count, all_loose + len(loose)
        if "--loose" not in asked:
            sys.stdout.write(f"{name:32}{count - len(loose):>4} of {count:>3}\n")
        for sentence in loose:
            why = next((why for begins, why in kept(name) if sentence.startswith(begins)), "")
            unknown += not why
            if "--loose" in asked or not why:
                sys.stdout.write(f"{name}: {sentence}\n    {why or 'nothing turns red without it'}\n")
    guarded, promised = all_told - all_loose, sum(len(promised_alone(name)) for name in texts())
    sys.stdout.write(
        f"{guarded} of {all_told} sentences turn something red, {guarded / all_told:.0%}; "
        f"{promised} of these by words that are promised of them and nothing else\n"
    )
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
