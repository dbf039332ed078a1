"""Which licence a file names, and whether a tenant's list allows it. Identifiers are those of SPDX."""

from __future__ import annotations

import re
from collections.abc import Collection

ALLOWED = (
    "0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC-BY-4.0", "CC0-1.0", "ISC",
    "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unicode-3.0", "Unlicense", "Zlib",
)  # fmt: skip
_HEADER = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+()\- ]{1,120}?)(?=\s*(?:\*/|-->|#\}|$))", re.MULTILINE)
_HEADS = (  # what the texts of licences begin with
    ("AGPL-3.0-only", "gnu affero general public license"),
    ("LGPL-3.0-only", "gnu lesser general public license"),
    ("GPL-3.0-only", "gnu general public license"),
    ("Apache-2.0", "apache license"),
    ("MPL-2.0", "mozilla public license"),
    ("SSPL-1.0", "server side public license"),
    ("BUSL-1.1", "business source license"),
    ("MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"),
    ("ISC", "permission to use, copy, modify, and/or distribute this software"),
    ("BSD-3-Clause", "redistribution and use in source and binary forms"),
    ("Unlicense", "this is free and unencumbered software released into the public domain"),
)
_READ = 4000  # letters of a file's beginning


def find_licence(text: str) -> tuple[str, int] | None:
    """Return the licence that a file says it is under, and the line; None where it says nothing."""
    head = text[:_READ]
    if match := _HEADER.search(head):
        return match[1].strip(), head.count("\n", 0, match.start()) + 1
    small = " ".join(head.lower().split())
    found = next((name for name, words in _HEADS if words in small), "")
    return (found, 1) if found else None


def is_allowed(expression: str, names: Collection[str]) -> bool:
    """Say whether an SPDX expression can be met with these licences: one of what OR joins, all of what AND does."""
    small = {name.lower() for name in names}
    bare = re.sub(r"\s+WITH\s+\S+", "", expression.replace("(", " ").replace(")", " "), flags=re.IGNORECASE)
    either = re.split(r"\s+OR\s+", bare.strip(), flags=re.IGNORECASE)
    return any(
        all(part.strip().lower() in small for part in re.split(r"\s+AND\s+", choice, flags=re.IGNORECASE))
        for choice in either
    )
