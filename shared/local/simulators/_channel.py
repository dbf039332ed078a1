"""A channel of a messenger that takes messages at one address: what was taken, what was refused, how busy it is."""

from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import Json, Simulator, json_response


class ChannelSimulator(Simulator):
    """One channel. `POST /_config` with `busy` says how many messages are too many at first."""

    stands_in = True  # for a receiver of a team's own

    def fresh_state(self) -> Json:
        """Return an empty channel."""
        return {"taken": [], "refused": [], "busy": 0}

    def control(self, request: Request) -> Response | None:
        """`POST /_config` says how many messages are too many."""
        if (request.method, request.path) != ("POST", "/_config"):
            return None
        self.state |= request.get_json()
        return json_response({})

    def count_busy(self) -> bool:
        """Say whether this message is one too many, and count it."""
        busy: int = self.state["busy"]
        self.state["busy"] = max(0, busy - 1)
        return busy > 0
