"""Load the trial of a system by the path that its `system.py` names, where one is needed and no sooner.

What is named there goes into the bundle of whoever imports this module (`terraform/bundle.py`).
"""

from __future__ import annotations

from shared.integrations.import_paths import load_named
from shared.integrations.systems import SYSTEMS
from shared.integrations.trial_result import Trial


def load_trial(system: str, path: str = "") -> Trial:
    """Return what tries a credential of a system: at `path`, where it has a trial beside its own.

    Raises KeyError for a system that is not in the list.
    """
    trial: Trial = load_named(path or SYSTEMS[system].trial)
    return trial
