"""Which systems can be probed; each says everything about itself in one value."""

from __future__ import annotations

from collections.abc import Mapping

from shared.cli.probe import github, gitlab, notion, ses, slack, smtp, vercel
from shared.cli.probe.calls import Probe
from shared.cli.probe.models import MODEL_PROBES

_SYSTEMS = (
    notion.PROBE, github.PROBE, gitlab.PROBE, vercel.PROBE, slack.PROBE, ses.PROBE, smtp.PROBE,
)  # fmt: skip
PROBES: Mapping[str, Probe] = {**{each.system: each for each in _SYSTEMS}, **MODEL_PROBES}
