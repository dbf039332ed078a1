"""What every Embedder promises, and what each of the two is: the small model on this machine, and Vertex AI's."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.oauth2.credentials import Credentials

from shared.backends.local.search.embedder import (
    MiniLM,
    default_vectors_folder,
    explain_missing_vectors,
    local_embedder,
)
from shared.backends.local.search.word_pieces import WordPieces
from shared.backends.models.vertex_embedder import MODEL, VertexEmbedder
from shared.core.errors import ConfigError, IntegrationError, OutcomeUnknown, RateLimited, Rejected, Unauthorized
from shared.core.run.run import Usage
from shared.ports.knowledge import Embedder
from tests.support.later import import_later
from tests.support.parts import require
from tests.support.servers.models import vertex_answers as answers
from tests.support.servers.models.model_endpoint import Answer, dropped
from tests.support.servers.models.vertex_embeddings import predictions, vector_of
from tests.support.servers.models.vertex_server import VertexServer

genai = import_later("google.genai")
types = import_later("google.genai.types")

TOKEN = "ya29." + "test-token"


@pytest.fixture
def vertex() -> Iterator[VertexServer]:
    with VertexServer(token=TOKEN, project="test-project", models=[MODEL]) as server:
        yield server


def open_on_vertex(server: VertexServer, *, token: str = TOKEN, dimensions: int = 768) -> VertexEmbedder:
    return VertexEmbedder("test-project", "europe-west1", lambda: token, base_url=server.url, dimensions=dimensions)


@pytest.fixture(scope="session")
def small_model() -> MiniLM:
    require("vector-model")
    found = local_embedder()
    assert found is not None
    return found


@pytest.fixture(params=["local", "vertex"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "local":
        model: Embedder = request.getfixturevalue("small_model")
        return model
    return open_on_vertex(request.getfixturevalue("vertex"))


def cosine(one: object, other: object) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))  # type: ignore[call-overload]


# --- both


def test_each_text_gets_its_vector_of_unit_length_whatever_the_company(embedder: Embedder) -> None:
    texts = ["short", "a much longer text about the opening hours of a bakery " * 6, "", "日本語", "short", "☕\ud83d"]
    together = embedder.embed(texts, "document")
    assert len(together) == len(texts)
    for vector in together:
        assert len(vector) == embedder.dimensions
        assert math.isclose(math.sqrt(cosine(vector, vector)), 1.0, abs_tol=1e-5)
    alone = embedder.embed([texts[1]], "document")[0]
    assert cosine(together[1], alone) > 0.98  # 8-bit arithmetic scales by what stands beside it
    assert cosine(together[0], together[4]) > 0.98
    assert embedder.embed([], "query") == []
    assert embedder.id


# --- the small model


def test_it_says_what_its_authors_say_it_does(small_model: MiniLM) -> None:
    # the example on the front page of the library it was published with, in 32-bit arithmetic
    sentences = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    one, two, three = small_model.embed(sentences, "document")
    assert cosine(one, two) == pytest.approx(0.6660, abs=0.03)
    assert cosine(one, three) == pytest.approx(0.1046, abs=0.03)
    assert cosine(two, three) == pytest.approx(0.1411, abs=0.03)


PIECES = {  # made with the model's own tokenizer.json
    "Hello, Wörld! naïve 中文 don't C++ 1.5km \u200b x": [
        101, 7592, 1010, 2088, 999, 15743, 1746, 1861, 2123, 1005, 1056, 1039, 1009, 1009, 1015, 1012, 1019, 22287,
        1060, 102,
    ],
    "É̀ tab\tnew\nline \u00a0nbsp \ufffd \x00 ok": [101, 1041, 21628, 2047, 2240, 1050, 5910, 2361, 7929, 102],
    "ＦＵＬＬ width ①②③ ½ €5 ™ ß ẞ İstanbul ΣΑΣ": [
        101, 100, 9381, 100, 1092, 1574, 2629, 1580, 1096, 1096, 9960, 1173, 14608, 29733, 102,
    ],
}  # fmt: skip


@pytest.mark.parametrize("text", PIECES)
def test_texts_become_the_numbers_of_the_models_own_tokenizer(small_model: MiniLM, text: str) -> None:
    assert WordPieces(default_vectors_folder() / "vocab.txt", 256).numbers(text) == PIECES[text]


def test_a_text_is_cut_at_what_the_model_reads(small_model: MiniLM) -> None:
    pieces = WordPieces(default_vectors_folder() / "vocab.txt", 256)
    numbers = pieces.numbers("word " * 1000)
    assert (len(numbers), numbers[0], numbers[-1]) == (256, 101, 102)
    assert pieces.numbers("x" * 101) == [101, 100, 102]


def test_without_the_model_there_is_none_and_the_way_out_is_told(tmp_path: Path) -> None:
    assert local_embedder(tmp_path) is None
    assert "make vectors" in explain_missing_vectors(tmp_path)


def test_a_damaged_model_is_not_used(small_model: MiniLM, tmp_path: Path) -> None:
    manifest = json.loads((default_vectors_folder() / "manifest.json").read_text(encoding="utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ConfigError, match="make vectors"):
        local_embedder(tmp_path)


# --- Vertex AI


def test_the_request_is_what_googles_own_library_sends(vertex: VertexServer) -> None:
    ours = open_on_vertex(vertex, dimensions=256).embed(["one text", "another"], "document")
    judge = genai.Client(
        vertexai=True,
        project="test-project",
        location="europe-west1",
        credentials=Credentials(TOKEN),  # type: ignore[no-untyped-call]
        http_options=types.HttpOptions(base_url=vertex.url),
    )
    config = types.EmbedContentConfig(task_type="RETRIEVAL_DOCUMENT", output_dimensionality=256)
    theirs = judge.models.embed_content(model=MODEL, contents=["one text", "another"], config=config)
    judge.close()
    first, second = vertex.requests
    assert (first.verb, first.model) == (second.verb, second.model) == ("predict", MODEL)
    assert first.path == second.path
    assert first.request == second.request
    assert theirs.embeddings is not None
    for our, their in zip(ours, theirs.embeddings, strict=True):
        assert their.values is not None
        length = math.sqrt(sum(number * number for number in their.values))
        assert list(our) == pytest.approx([number / length for number in their.values])


def test_questions_and_documents_are_embedded_as_what_they_are(vertex: VertexServer) -> None:
    question = open_on_vertex(vertex).embed(["when does it open"], "query")[0]
    raw = vector_of("when does it open", "RETRIEVAL_QUERY", 768)
    assert list(question) == pytest.approx([number / math.hypot(*raw) for number in raw])
    with pytest.raises(KeyError):
        open_on_vertex(vertex).embed(["x"], "something else")


def test_requests_stay_within_what_one_may_hold(vertex: VertexServer) -> None:
    texts = [f"text {number}" for number in range(600)] + ["word " * 5000] + ["some words here " * 100] * 60
    found = open_on_vertex(vertex).embed(texts, "document")
    assert {seen.status for seen in vertex.requests} == {200}  # the endpoint refuses more than 250, or 20,000 tokens
    sent = [instance["content"] for seen in vertex.requests for instance in (seen.request or {})["instances"]]
    assert len(sent) == len(found) == len(texts)
    assert sent[:600] == texts[:600]
    assert max(len(text.split()) for text in sent) <= 2048  # of a longer one the service would drop the rest unsaid


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(answers.rate_limited(7), RateLimited, id="too many"),
        pytest.param(answers.refused(), Rejected, id="refused"),
        pytest.param(answers.unavailable(), IntegrationError, id="unavailable"),
        pytest.param(dropped(), IntegrationError, id="dropped"),
        pytest.param(Answer(body={"predictions": []}), OutcomeUnknown, id="too few"),
        pytest.param(Answer(body={"predictions": [{"embeddings": {"values": [1.0]}}]}), OutcomeUnknown, id="too short"),
        pytest.param(Answer(body={"predictions": [{}]}), OutcomeUnknown, id="no vector"),
        pytest.param(Answer(body=b"[]"), OutcomeUnknown, id="no object"),
    ],
)
def test_what_comes_back_instead_of_vectors_is_an_error_of_ours(
    vertex: VertexServer, answer: Answer, error: type[Exception]
) -> None:
    vertex.script([answer])
    with pytest.raises(error):
        open_on_vertex(vertex).embed(["text"], "query")


def test_its_price_is_bounded_beforehand_and_an_error_says_what_was_paid_for(vertex: VertexServer) -> None:
    ours = open_on_vertex(vertex)
    assert ours.estimate([]) == Usage()
    assert ours.estimate(["x" * 1000] * 40).micros >= 1000  # 0.025 US dollars for a million characters
    assert ours.estimate(["word " * 5000]).tokens <= 2048  # what is cut off is not paid for
    texts = [f"text {number}" for number in range(300)]  # two requests
    paid, both = ours.estimate(texts[:250]), ours.estimate(texts)
    for second, used in ((answers.unavailable(), paid), (Answer(body=b"[]"), both)):
        vertex.script([predictions, second])
        with pytest.raises(IntegrationError) as told:
            ours.embed(texts, "document")
        assert told.value.used == used


def test_a_refused_identity_is_told_as_one(vertex: VertexServer) -> None:
    with pytest.raises(Unauthorized) as told:
        open_on_vertex(vertex, token="other").embed(["text"], "query")
    assert "other" not in str(told.value)
