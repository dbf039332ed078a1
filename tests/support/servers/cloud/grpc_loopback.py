"""What the servers of Google's services share: gRPC and REST, a journal of calls, ordered failures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, NoReturn, Self

import grpc

from tests.support.servers.cloud.rest_door import Refused, RestDoor

__all__ = ["Call", "GrpcServer", "Refused", "Rpc", "invalid"]


def invalid(message: str) -> NoReturn:
    """Refuse the request's content."""
    raise Refused(grpc.StatusCode.INVALID_ARGUMENT, message)


@dataclass(frozen=True, slots=True)
class Rpc:
    """The messages of one method, as proto-plus classes; `response` None stands for Empty."""

    request: Any
    response: Any | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call that arrived, with how it was answered."""

    method: str
    request: Any
    metadata: Mapping[str, str]
    code: str


@dataclass(slots=True)
class _Order:
    code: grpc.StatusCode
    after: bool
    message: str


@dataclass(slots=True)
class _Journal:
    calls: list[Call] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class GrpcServer:
    """A server on loopback ports. Subclasses name their `service`, list their `methods` and implement them.

    `rest` is the base of the vendor's own REST transport, which knows the address of each method.
    """

    service: ClassVar[str]
    rest: ClassVar[Any]
    methods: ClassVar[Mapping[str, Rpc]]

    def __init__(self) -> None:
        self._journal = _Journal()
        self._orders: dict[str, list[_Order]] = {}
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix=type(self).__name__)
        self._server = grpc.server(self._pool, options=[("grpc.so_reuseport", 0)])
        handlers = {name: self._handler(name, rpc) for name, rpc in self.methods.items()}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(self.service, handlers),))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._channels: list[grpc.Channel] = []
        self._door = RestDoor(self)
        self.url = self._door.http.url  # of its REST interface; `address` is that of gRPC
        self.rest_address = self.url.removeprefix("http://")

    def start(self) -> Self:
        """Begin to answer."""
        self._server.start()
        self._door.http.start()
        return self

    def stop(self) -> None:
        """Stop answering, and close the channels handed out."""
        for channel in self._channels:
            channel.close()
        self._door.http.stop()
        self._server.stop(None).wait()
        self._pool.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def channel(self) -> grpc.Channel:
        """Return a plain-text channel to this server; it is closed with it."""
        channel = grpc.insecure_channel(self.address)
        self._channels.append(channel)
        return channel

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in the order answered."""
        with self._journal.lock:
            return list(self._journal.calls)

    def fail(
        self,
        method: str,
        code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE,
        *,
        times: int = 1,
        after: bool = False,
        message: str = "ordered failure",
    ) -> None:
        """Refuse the next calls of a method; with `after` the work is done and only the reply is lost."""
        if method not in self.methods:
            raise KeyError(method)
        with self._journal.lock:
            self._orders.setdefault(method, []).extend(_Order(code, after, message) for _ in range(times))

    def _handler(self, name: str, rpc: Rpc) -> grpc.RpcMethodHandler[Any, Any]:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            metadata = {str(key): str(value) for key, value in context.invocation_metadata()}
            try:
                return self.respond(name, request, metadata)
            except Refused as refused:
                context.abort(refused.code, refused.message)

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=rpc.request.deserialize,
            response_serializer=_empty if rpc.response is None else rpc.response.serialize,
        )

    def respond(self, name: str, request: Any, metadata: Mapping[str, str]) -> Any:
        """Answer one call, and write it down; raises Refused."""
        try:
            response = self._answer(name, request)
        except Refused as refused:
            self._note(Call(name, request, metadata, refused.code.name))
            raise
        self._note(Call(name, request, metadata, "OK"))
        return response

    def _answer(self, name: str, request: Any) -> Any:
        with self._journal.lock:
            waiting = self._orders.get(name)
            order = waiting.pop(0) if waiting else None
        if order is not None and not order.after:
            raise Refused(order.code, order.message)
        method: Callable[[Any], Any] = getattr(self, name)
        response = method(request)
        if order is not None:
            raise Refused(order.code, order.message)
        return response

    def _note(self, call: Call) -> None:
        with self._journal.lock:
            self._journal.calls.append(call)


def _empty(_: Any) -> bytes:
    return b""
