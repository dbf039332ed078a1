"""The budget of a prompt is kept by the provider's own count, on mixed text, and filled when there is enough to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.core.errors import Unavailable
from shared.core.models.model_errors import ContextTooLong
from shared.core.run.run import NOTHING, Usage
from shared.mind.context import Context, Part
from shared.mind.fitting import SHRINKS, Factors, ask_within, fit
from shared.ports.model import ModelRequest, ModelResult, request_tokens
from tests.unit.mind.tokenizers import byte_pairs, mixed, word_pieces

TOKENIZERS = {"byte pairs": byte_pairs().count, "word pieces": word_pieces().count}
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "additionalProperties": False}


@dataclass
class Counting:
    """A model whose provider counts with a tokenizer of its own, and refuses what is longer than it says it takes."""

    tokens: Callable[[str], int]
    takes: int = 8000
    refuses_above: int = 10**9
    down: bool = False
    name: str = "counting"
    counts: int = 0
    sent: list[ModelRequest] = field(default_factory=list)

    def window(self, task_class: str) -> int:
        return self.takes

    def estimate(self, request: ModelRequest) -> Usage:
        return NOTHING

    def really(self, request: ModelRequest) -> int:
        texts = (request.system, request.stable, request.prompt, str(dict(request.schema)))
        return sum(self.tokens(text) for text in texts)

    def count(self, request: ModelRequest) -> int:
        self.counts += 1
        if self.down:
            raise Unavailable("counting", "no room")
        return self.really(request)

    def complete(self, request: ModelRequest) -> ModelResult:
        self.sent.append(request)
        if self.really(request) > self.refuses_above:
            raise ContextTooLong("prompt is too long")
        return ModelResult({"text": "well"}, self.name, NOTHING)


def request_of(prompt: str) -> ModelRequest:
    return ModelRequest("plan", "reason", "You plan.", prompt, SCHEMA)


def page(text: str, **changes: Any) -> Part:
    return Part("page", "page p1", text, must=True, **changes)


@pytest.fixture(params=TOKENIZERS)
def tokens(request: pytest.FixtureRequest) -> Callable[[str], int]:
    return TOKENIZERS[request.param]


@pytest.mark.parametrize("budget", [700, 4000, 12_000])
def test_more_than_enough_to_say_fills_the_budget_and_never_passes_it(
    tokens: Callable[[str], int], budget: int
) -> None:
    model = Counting(tokens, takes=budget + 100)
    parts = [Part("task", "kinds", "Make a plan.", trusted=True), page(mixed(60_000))]
    request, context = fit(model, request_of, parts, answer_tokens=100, factors=Factors())
    assert 0.98 * budget <= model.really(request) <= budget
    assert context.tokens == model.really(request)
    assert context.counted == "provider"
    assert context.short


def test_one_count_is_enough_once_the_model_is_known(tokens: Callable[[str], int]) -> None:
    model, factors = Counting(tokens, takes=6500), Factors()
    fit(model, request_of, [page(mixed(45_000))], answer_tokens=500, factors=factors)
    model.counts = 0
    for start in (3, 1000, 5555):
        request, _ = fit(model, request_of, [page(mixed(50_000)[start:])], answer_tokens=500, factors=factors)
        assert 0.98 * 6000 <= model.really(request) <= 6000
    assert model.counts <= 4


def test_a_prompt_far_below_the_limit_is_not_counted(tokens: Callable[[str], int]) -> None:
    model = Counting(tokens, takes=100_000)
    request, context = fit(model, request_of, [page(mixed(4000))], answer_tokens=500, factors=Factors())
    assert model.counts == 0
    assert context.counted == "estimate"
    assert mixed(4000).strip() in request.prompt
    assert context.dropped == ()


def test_a_prompt_near_the_limit_is_counted_although_nothing_is_cut(tokens: Callable[[str], int]) -> None:
    text = mixed(9000)
    size = tokens(text) + 400
    model = Counting(tokens, takes=size + 500)
    request, context = fit(model, request_of, [page(text)], answer_tokens=500, factors=Factors())
    assert model.counts >= 1
    assert text.strip() in request.prompt
    assert context.tokens == model.really(request) <= size


def test_what_a_part_is_said_to_take_is_what_the_provider_counts_of_it(tokens: Callable[[str], int]) -> None:
    model = Counting(tokens, takes=5500)
    parts = [page(mixed(60_000), share=0.6), Part("knowledge", "page p2#b1", mixed(40_000)[7:], share=0.3)]
    request, context = fit(model, request_of, parts, answer_tokens=100, factors=Factors())
    fences = request.prompt.split("\n\n<data-")[1:]
    for fence, told in zip(fences, context.record()["parts"], strict=True):
        assert told["tokens"] == pytest.approx(tokens(fence), rel=0.08)
        assert told["share"] == pytest.approx(told["tokens"] / context.tokens, abs=0.001)


def test_a_prompt_that_is_refused_as_too_long_is_shortened_and_says_so() -> None:
    model = Counting(byte_pairs().count, takes=9000, refuses_above=4500)
    kept: list[Context] = []
    parts = [Part("task", "kinds", "Make a plan.", trusted=True), page(mixed(45_000))]
    result, context = ask_within(
        model, request_of, parts, model.complete, answer_tokens=500, keep=kept.append, factors=Factors()
    )
    assert result.answer == {"text": "well"}
    assert len(model.sent) == 3  # 8500, 5950, 4165
    assert context.refused == (kept[0].tokens, kept[1].tokens)
    assert kept[-1] == context
    assert "no room" in context.dropped[0]
    assert all("Make a plan." in request.prompt for request in model.sent)


def test_shortening_ends() -> None:
    model = Counting(word_pieces().count, takes=9000, refuses_above=10)
    with pytest.raises(ContextTooLong):
        ask_within(model, request_of, [page(mixed(45_000))], model.complete, answer_tokens=500, factors=Factors())
    assert len(model.sent) == 1 + SHRINKS


def test_what_must_not_be_cut_and_does_not_fit_is_an_error_before_anything_is_sent() -> None:
    model = Counting(byte_pairs().count, takes=900)
    parts = [Part("task", "kinds of steps", mixed(20_000), trusted=True), page("Short.")]
    with pytest.raises(ContextTooLong, match="kinds of steps"):
        ask_within(model, request_of, parts, model.complete, answer_tokens=100, factors=Factors())
    assert model.sent == []


def test_a_provider_that_cannot_count_just_now_is_believed_to_count_as_before() -> None:
    factors = Factors()
    model = Counting(word_pieces().count, takes=6500)
    fit(model, request_of, [page(mixed(45_000))], answer_tokens=500, factors=factors)
    model.down = True
    request, context = fit(model, request_of, [page(mixed(45_000))], answer_tokens=500, factors=factors)
    assert context.counted == "estimate"
    assert model.really(request) <= 6000


def test_no_text_is_left_out_of_the_account() -> None:
    text = "".join(f"{n} " for n in range(3000))
    _, context = fit(Counting(byte_pairs().count, 3000), request_of, [page(text)], answer_tokens=0, factors=Factors())
    told = context.record()["parts"][0]
    assert told["of"] > told["tokens"] > 0
    assert told["note"].startswith("no room")


def test_estimate_and_tokenizers_differ_so_that_there_is_something_to_calibrate() -> None:
    request = request_of(mixed(9000))
    counted = [Counting(counts).really(request) for counts in TOKENIZERS.values()]
    assert min(counted) < request_tokens(request)
    assert max(counted) > 1.1 * request_tokens(request)


@pytest.mark.parametrize(("takes", "free"), [(8192, 2048), (32_768, 8192), (63_996, 15_999), (64_000, 16_000)])
def test_an_answer_is_left_a_quarter_of_a_small_window_and_the_request_asks_for_no_more(takes: int, free: int) -> None:
    def asking(prompt: str) -> ModelRequest:
        return replace(request_of(prompt), max_output_tokens=16_000)

    model = Counting(TOKENIZERS["word pieces"], takes=takes)
    request, context = fit(model, asking, [page(mixed(500_000))], answer_tokens=16_000, factors=Factors())
    assert request.max_output_tokens == free
    assert context.budget == takes - free
    assert 0.9 * context.budget < model.really(request) <= takes - free
