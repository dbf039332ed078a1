"""Which frontends on other origins may call with a team's keys: read by everybody, set by its owners."""

from __future__ import annotations

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import TEXTS, lists, members, shape, text
from shared.app.api.origins import MAX_ORIGINS, ORIGIN, read_origin
from shared.app.tenants.settings_changes import change_sections
from shared.core.errors import Conflicting
from shared.core.tenants.sections import Bodies, change_section, read_section
from shared.ports.documents import tenant_settings

_GIVEN = text(f"^{ORIGIN}/?$", max_length=300)
_WRITTEN = (
    "Written as browsers do: https://app.example.com, with its port and without a path; http:// for localhost alone."
)
CHANGE = shape(
    allow=lists(_GIVEN, MAX_ORIGINS, what=f"Origins to allow. {_WRITTEN}"),
    forget=lists(_GIVEN, MAX_ORIGINS, what=f"Origins to allow no longer. {_WRITTEN}"),
)
ORIGINS = members(origins=TEXTS)


def show_origins(call: Call) -> ApiReply:
    """Return the origins whose pages may call with a key of the team."""
    return ApiReply(body={"origins": list(tenant_settings(call.deps.store, call.tenant).origins)})


def change_origins(call: Call) -> ApiReply:
    """Allow origins, or allow them no longer; it holds from the next call on."""
    allowed = [read_origin(each) for each in call.body.get("allow", ())]
    forgotten = {read_origin(each) for each in call.body.get("forget", ())}

    def change(bodies: Bodies) -> Bodies:
        known: tuple[str, ...] = read_section(bodies, "frontends").origins
        kept = [each for each in dict.fromkeys((*known, *allowed)) if each not in forgotten]
        if len(kept) > MAX_ORIGINS:
            raise Conflicting(
                f"a team may allow {MAX_ORIGINS} origins, and this would be {len(kept)}",
                way_out="Give one that is no longer needed as 'forget'.",
            )
        return change_section(bodies, "frontends", {"origins": kept or None})

    change_sections(call.deps, call.tenant, call.who.actor, change)
    return show_origins(call)
