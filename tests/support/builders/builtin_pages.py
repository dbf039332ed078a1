"""The pages of the built-in evaluation by their names, read once for all tests that look at some of them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.cli.evaluate.page_set import EvalPage, read_set

PAGES: Mapping[str, EvalPage] = {page.name: page for page in read_set("builtin").pages}
