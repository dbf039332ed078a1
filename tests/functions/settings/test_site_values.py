"""Values of sites' variables: given by owners, sealed, named, and never shown again."""

from __future__ import annotations

import pytest

from shared.app.ship.site_environment import site_environment
from shared.core.errors import Rejected
from shared.ports import Secret
from tests.functions.conftest import MINE, OTHER, Service

VALUE = "a-value-" + "nobody-may-see"
SETTINGS = {"ship": {"site": {"environment": [{"name": "FORMS_KEY", "secret": "forms"}]}}}


def _set(service: Service, name: str, value: str, key: str = "owner") -> int:
    body = {"name": name, "value": value}
    answer = service.call("PUT", "/v1/settings/site-values", key=key, json=body)
    assert VALUE not in answer.text
    return int(answer.status_code)


def test_a_value_is_sealed_replaced_and_forgotten(service: Service) -> None:
    assert _set(service, "forms", "first") == 200
    assert _set(service, "forms", VALUE) == 200
    assert service.call("GET", "/v1/settings/site-values", key="viewer").json == {"names": ["forms"]}
    assert site_environment(service.deps, MINE, SETTINGS) == {"FORMS_KEY": Secret(VALUE)}
    assert VALUE not in str([doc.body for doc in service.deps.store.list_docs(MINE, "site_values")])
    assert _set(service, "forms", "") == 200
    assert service.call("GET", "/v1/settings/site-values").json == {"names": []}


def test_only_owners_set_them_and_each_tenant_has_its_own(service: Service) -> None:
    assert _set(service, "forms", VALUE, key="admin") == 403
    assert _set(service, "forms", VALUE) == 200
    assert service.call("GET", "/v1/settings/site-values", key="foreign owner").json == {"names": []}
    with pytest.raises(Rejected, match="FORMS_KEY"):
        site_environment(service.deps, OTHER, SETTINGS)


@pytest.mark.parametrize("name", ["a b", ".", "..", "__a__", ""])
def test_a_name_that_is_none_is_refused_by_its_field(service: Service, name: str) -> None:
    answer = service.call("PUT", "/v1/settings/site-values", json={"name": name, "value": "x"})
    assert answer.status_code == 400
    assert "name" in answer.json["detail"]
    settings = {"ship": {"site": {"environment": [{"name": "FORMS_KEY", "secret": name}]}}}
    with pytest.raises(Rejected, match="FORMS_KEY"):
        site_environment(service.deps, MINE, settings)
