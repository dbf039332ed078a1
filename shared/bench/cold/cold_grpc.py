"""An empty Firestore over gRPC, for `bench cold`: what the functions on Google's own client find when nothing is there.

Every document is missing, every query empty, every write taken and forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

SERVICE = "google.firestore.v1.Firestore"


class EmptyFirestore:
    """The service on a loopback port."""

    def __init__(self) -> None:
        self._server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, _handlers()),))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.stop(None).wait()


def _handlers() -> dict[str, Any]:
    return {
        "BatchGetDocuments": grpc.unary_stream_rpc_method_handler(
            _missing,
            request_deserializer=types.BatchGetDocumentsRequest.deserialize,
            response_serializer=types.BatchGetDocumentsResponse.serialize,
        ),
        "RunQuery": grpc.unary_stream_rpc_method_handler(
            lambda request, context: iter([types.RunQueryResponse(read_time=_now())]),
            request_deserializer=types.RunQueryRequest.deserialize,
            response_serializer=types.RunQueryResponse.serialize,
        ),
        "ListDocuments": grpc.unary_unary_rpc_method_handler(
            lambda request, context: types.ListDocumentsResponse(),
            request_deserializer=types.ListDocumentsRequest.deserialize,
            response_serializer=types.ListDocumentsResponse.serialize,
        ),
        "Commit": grpc.unary_unary_rpc_method_handler(
            _answer_commit,
            request_deserializer=types.CommitRequest.deserialize,
            response_serializer=types.CommitResponse.serialize,
        ),
    }


def _missing(request: Any, context: Any) -> Iterator[Any]:
    for name in request.documents:
        yield types.BatchGetDocumentsResponse(missing=name, read_time=_now())


def _answer_commit(request: Any, context: Any) -> Any:
    results = [types.WriteResult(update_time=_now()) for _ in request.writes]
    return types.CommitResponse(commit_time=_now(), write_results=results)


def _now() -> datetime:
    return datetime.now(UTC)
