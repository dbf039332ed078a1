"""A message for Discord is an embed within its limits, which pings nobody."""

from __future__ import annotations

from shared.core.notify.message_words import Words
from shared.integrations.discord.embeds import write_embed
from shared.local.simulators.discord import find_fault


def test_a_message_is_one_embed_that_pings_nobody() -> None:
    at = "2026-11-24T12:00:00+00:00"
    body = write_embed(Words("A site is live", (("Site", "https://x.example/a_b"),), "https://x.example/a_b", at))
    assert find_fault(body) == ""
    field = {"name": "Site", "value": "<https://x.example/a_b>", "inline": False}
    embed = {"title": "A site is live", "url": "https://x.example/a_b", "timestamp": at, "fields": [field]}
    assert body == {"embeds": [embed], "allowed_mentions": {"parse": []}}


def test_a_cut_text_ends_in_no_half_of_an_escape() -> None:
    title = str(write_embed(Words("*" * 300))["embeds"][0]["title"])
    assert len(title) <= 256
    assert title.endswith("\\*…")
