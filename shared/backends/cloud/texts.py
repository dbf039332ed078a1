"""Texts of any size in Firestore, under the hash of their content: in parts where one document cannot hold them."""

from __future__ import annotations

import hashlib

from shared.backends.cloud.api_error import asking_the_store
from shared.backends.cloud.guarded import TIMEOUT_S
from shared.backends.cloud.paths import PARTS, TEXTS, Home
from shared.core.errors import StoreCorrupt

_PART_BYTES = 900_000


def put_text(home: Home, text: str) -> str:
    """Keep the text and return its address. The header comes last: where it is, all parts are."""
    data = text.encode("utf-8", "surrogatepass")  # what JSON may carry, text from outside may carry
    address = hashlib.sha256(data).hexdigest()
    header = home.document(TEXTS, address)
    with asking_the_store("keep a text"):
        if header.get(timeout=TIMEOUT_S).exists:
            return address
        if len(data) <= _PART_BYTES:
            header.set({"parts": 0, "size": len(data), "data": data}, timeout=TIMEOUT_S)
            return address
        parts = [data[start : start + _PART_BYTES] for start in range(0, len(data), _PART_BYTES)]
        for number, part in enumerate(parts):
            header.collection(PARTS).document(f"{number:05d}").set({"data": part}, timeout=TIMEOUT_S)
        header.set({"parts": len(parts), "size": len(data)}, timeout=TIMEOUT_S)
    return address


def get_text(home: Home, address: str) -> str:
    """Return the text of that address; raises KeyError."""
    reference = home.document(TEXTS, address)
    with asking_the_store("read a text"):
        header = reference.get(timeout=TIMEOUT_S).to_dict()
        if header is None:
            raise KeyError(address)
        data = header.get("data", b"")
        for number in range(header["parts"]):
            part = reference.collection(PARTS).document(f"{number:05d}").get(timeout=TIMEOUT_S).to_dict()
            data += part["data"] if part else b""
    if hashlib.sha256(data).hexdigest() != address:
        raise StoreCorrupt(f"text {address}: what is stored now is not what was written")
    return str(data.decode("utf-8", "surrogatepass"))


def delete_text(home: Home, address: str) -> None:
    """Delete the text. The header goes first: without it nobody reads parts, and the text can be kept again."""
    header = home.document(TEXTS, address)
    with asking_the_store("delete a text"):
        kept = header.get(timeout=TIMEOUT_S).to_dict()
        if kept is None:
            return
        header.delete(timeout=TIMEOUT_S)
        for number in range(kept["parts"]):
            header.collection(PARTS).document(f"{number:05d}").delete(timeout=TIMEOUT_S)
