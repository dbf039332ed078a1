"""Which systems can be probed; each says everything about itself in one value."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

from shared.cli.probe.calls import Probe
from shared.cli.probe.models import MODEL_PROBES
from shared.integrations.systems import SYSTEMS

_FOLDER = "shared.cli.probe"
_PROBED = [name for name in SYSTEMS if find_spec(f"{_FOLDER}.{name}") is not None]
PROBES: Mapping[str, Probe] = {
    **{name: import_module(f"{_FOLDER}.{name}").PROBE for name in _PROBED},
    **MODEL_PROBES,
}
