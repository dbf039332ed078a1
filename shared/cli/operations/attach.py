"""`workwright attach` and `workwright environment`: use the commands of the terminal on a deployment in the cloud."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

import click

from shared.backends.local.keys.keyfile import KEY_FILE, write_private
from shared.cli.house_calls import OWNER_KEY
from shared.cli.operations.webhook import build_deployment_deps
from shared.cli.root import DATA, workwright
from shared.core.errors import ConfigError
from shared.core.people.actor import OPERATOR_NAME
from shared.settings import FUNCTIONS

PROJECT = click.option("--project", envvar="GOOGLE_CLOUD_PROJECT", required=True, help="The deployment's project.")
REGION = click.option(
    "--region", envvar="WORKWRIGHT_LOCATION", default="europe-west1", show_default=True, help="Its region."
)
ENDPOINT = click.option("--endpoint", default="", hidden=True, help="Google's services at an address of this machine.")


@workwright.command()
@click.option("--tenant", required=True, help="The team, as the page after connecting Notion names it.")
@click.option("--url", default="", help="Where its API answers, if not at the function's own address.")
@click.option("--days", type=click.IntRange(0, 3650), default=30, show_default=True, help="How long the key is good.")
@PROJECT
@REGION
@ENDPOINT
@DATA
def attach(tenant: str, url: str, days: int, project: str, region: str, endpoint: str, data: Path) -> None:
    """Make a key with the role owner for a team of a deployment, and a folder from which the commands use it.

    For the operator, who may write to the database and read the secret api-key-pepper. Afterwards `connect`,
    `runs`, `approve` and the others work with the same --data.
    """
    from shared.app.api.keys import create_key

    if (data / KEY_FILE).exists():
        raise ConfigError(f"{data} is the data folder of an installation on this machine; name another one with --data")
    url = (url or _url("api", _number(project, endpoint), region)).rstrip("/")
    deps = replace(build_deployment_deps(project, region), public_url=url)
    if deps.store.get(tenant, "settings", "tenant") is None and deps.store.get(tenant, "grants", "notion") is None:
        raise ConfigError(f"no team {tenant} in {project}; connect Notion first, the page afterwards names it")
    key = create_key(deps, tenant, "owner", OPERATOR_NAME, by="workwright attach", days=days, operator=True)
    write_private(data / OWNER_KEY, key + "\n", replace=True)
    write_private(data / "house.json", json.dumps({"url": url}) + "\n", replace=True)
    click.echo(f"{data} leads to {tenant} at {url}; try: workwright runs --data {data}")


@workwright.command()
@PROJECT
@REGION
@click.option("--name", default="workwright", show_default=True, help="What its names begin with (Terraform's `name`).")
@ENDPOINT
def environment(project: str, region: str, name: str, endpoint: str) -> None:
    """Print the environment of a deployment's functions for a shell: what the operator's commands need.

    `eval "$(workwright environment --project P)"`, then `workwright pause` and the like act on the deployment.
    """
    for variable, value in cloud_environment(project, region, name, _number(project, endpoint)).items():
        click.echo(f"export {variable}={shlex.quote(value)}")


def cloud_environment(project: str, region: str, name: str, number: str) -> dict[str, str]:
    """Return what `Settings` asks for in cloud mode, by the names that `terraform/` gives."""
    return {
        "WORKWRIGHT_MODE": "cloud",
        "GOOGLE_CLOUD_PROJECT": project,
        "WORKWRIGHT_LOCATION": region,
        "WORKWRIGHT_KMS_KEY": f"projects/{project}/locations/{region}/keyRings/{name}/cryptoKeys/tenants",
        "WORKWRIGHT_TASKS_ACCOUNT": f"tasks-caller@{project}.iam.gserviceaccount.com",
        "WORKWRIGHT_PUBLIC_URL": _url("api", number, region),
        **{f"WORKWRIGHT_URL_{each.upper().replace('-', '_')}": _url(each, number, region) for each in FUNCTIONS},
    }


def _url(function: str, number: str, region: str) -> str:
    return f"https://{function}-{number}.{region}.run.app"


def _number(project: str, endpoint: str) -> str:
    """Return the project's number, which addresses of its functions hold."""
    from shared.cli.doctor.google_reader import GoogleReader, operators_token

    reader = GoogleReader(project, None if endpoint else operators_token(), endpoint=endpoint)
    return str(reader.get("cloudresourcemanager", f"projects/{project}")["name"]).rpartition("/")[2]
