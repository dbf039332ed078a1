"""Whatever is wrong with where crashes are sent to, the request that crashed has its answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.telemetry import sentry


@pytest.fixture(autouse=True)
def nowhere() -> Iterator[None]:
    yield
    sentry.send_to("")


@pytest.mark.parametrize("dsn", ["no address", "https://key@127.0.0.1:x/1"], ids=["no address", "no port"])
def test_an_address_that_the_library_refuses_adds_no_error_to_the_crash(dsn: str) -> None:
    sentry.send_to(dsn)
    with pytest.raises(ValueError):  # BadDsn is one
        sentry._load_client()
    sentry.capture(LookupError("no such house"), "plan")
