"""A look at the deployment before anything is promised: whether it is there, and whether this person may do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.app.migration.state import arrival_of
from shared.backends.cloud.api_error import asking
from shared.cli.migrate.move_ends import There
from shared.core.errors import AgentError, ConfigError, IntegrationError, StoreError
from shared.ports import SYSTEM
from shared.settings import FUNCTIONS

_PROBE = b"workwright migrate-to-cloud"
_ROLES = {
    "Firestore": "roles/datastore.user",
    "Cloud KMS": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    "Secret Manager": "roles/secretmanager.admin",
}


def look_at(cloud: There) -> None:
    """Raise ConfigError that says what is missing: project, database, functions, the key in that region, or a right."""

    _look_at_functions(cloud)
    with _telling(
        cloud, "Firestore", f"project {cloud.project} has no Firestore database, or there is no such project."
    ):
        arrival_of(cloud.deps, SYSTEM)
    missing = f"there is no key {cloud.key}; is the region right?"
    with _telling(cloud, "Cloud KMS", missing), asking("kms", "encrypt"):
        asked = {"name": cloud.key, "plaintext": _PROBE, "additional_authenticated_data": _PROBE}
        cloud.clients.kms.encrypt(request=asked, timeout=10.0)
    with _telling(cloud, "Secret Manager", f"project {cloud.project} has no Secret Manager."):
        try:
            cloud.deps.secrets.get("api-key-pepper")
        except KeyError:
            raise ConfigError(
                "the secret api-key-pepper has no value there; finish the deployment first"
                " (docs/guides/deploy.md, “Secrets”),"
                f" and look it over with `workwright doctor --cloud {cloud.where()}`"
            ) from None


def _look_at_functions(cloud: There) -> None:
    """See that the functions are there and run: what is moved to nobody stands still, and there is no way back."""
    if cloud.reader is None:
        return
    place = f"projects/{cloud.project}/locations/{cloud.region}/functions"
    try:
        found = list(cloud.reader.list_all("cloudfunctions", place, "functions"))
    except IntegrationError as error:
        raise ConfigError(
            f"the functions of project {cloud.project} could not be looked at: {error}. Check --project and your"
            f" rights: gcloud projects add-iam-policy-binding {cloud.project} --member=user:YOU --role=roles/viewer"
        ) from error
    active = {str(each["name"]).rpartition("/")[2] for each in found if each.get("state") == "ACTIVE"}
    if missing := sorted(set(FUNCTIONS) - active):
        raise ConfigError(
            f"in {cloud.region} of project {cloud.project} these functions are not there, or not active:"
            f" {', '.join(missing)}. Check --region, and deploy first (docs/guides/deploy.md)"
        )


@contextmanager
def _telling(cloud: There, service: str, missing: str) -> Iterator[None]:
    try:
        yield
    except (StoreError, IntegrationError) as error:
        raise ConfigError(_words(cloud, service, missing, error)) from error


def _words(cloud: There, service: str, missing: str, error: AgentError) -> str:
    message = str(error)
    if "NOT_FOUND" in message:
        return (
            f"{missing} Check --project, --region and --name, and that Terraform was applied"
            f" (`workwright doctor --cloud {cloud.where()}`)"
        )
    if "PERMISSION_DENIED" in message:
        grant = f"gcloud projects add-iam-policy-binding {cloud.project} --member=user:YOU --role={_ROLES[service]}"
        return (
            f"you may not use {service} in project {cloud.project}. Give yourself the right until it is done: {grant}"
        )
    if "UNAUTHENTICATED" in message:
        return "your Google credentials are not accepted; run `gcloud auth application-default login`"
    return f"{service} did not answer ({message}); nothing was changed"
