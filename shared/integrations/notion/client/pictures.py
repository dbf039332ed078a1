"""Icons as Notion writes them."""

from __future__ import annotations

from shared.core.errors import Rejected
from shared.integrations.notion.client.wire import Json, Keep

Image = str | Json | None | Keep
"""An emoji, a web address, an object as Notion writes it, None to clear, or KEEP to leave."""


def picture(image: Image, field: str) -> Json | None:
    """Return an icon as written; raises Rejected naming the field when it can be none."""
    if image is None or isinstance(image, Keep):
        return None
    if not isinstance(image, str):
        return dict(image)
    if image.startswith(("http://", "https://")):
        return {"type": "external", "external": {"url": image}}
    if not image:
        raise Rejected("notion", f"{field}: {image[:80]!r} is not a picture; give a web address or an uploaded file")
    return {"type": "emoji", "emoji": image}
