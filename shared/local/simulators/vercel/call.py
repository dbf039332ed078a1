"""One call of the API: who, from which account, about which project or deployment."""

from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import json_response
from shared.local.simulators.vercel import shapes
from shared.local.simulators.vercel.checks import Refused

if TYPE_CHECKING:
    from shared.local.simulators.vercel.simulator import VercelSimulator

Json = dict[str, Any]


class VercelCall:
    """One call: who, from which account, about which project or deployment."""

    def __init__(self, sim: "VercelSimulator", request: Request, caller: Json, host: str, parameters: Json) -> None:
        self.sim = sim
        self.request = request
        self.caller = caller
        self.host = host
        self.parameters = parameters
        self.state = sim.state

    def project(self, name: str) -> Json:
        """Find a project of the account by id or name."""
        for record in self.state["projects"].values():
            if name in (record["id"], record["name"]) and record["accountId"] == self.caller["account"]:
                found: Json = record
                return found
        raise Refused(404, "not_found", "Project not found.")

    def deployment(self) -> Json:
        """Find a deployment of the account by its id or address."""
        key = self.parameters["deployment"].split("://")[-1].strip("/").rsplit("/", 1)[-1]
        record: Json | None = self.state["deployments"].get(key)
        if record is None or record["ownerId"] != self.caller["account"]:
            raise Refused(404, "not_found", "The deployment could not be found")
        return record

    def whole(self, record: Json, status: int = 200) -> Response:
        """Answer with a deployment."""
        return json_response(shapes.deployment(self.host, self.state, record), status)
