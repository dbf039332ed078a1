"""Secrets are placeholders in all of a request, the same for the same secret; answers stay as they are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.run.run import NOTHING, Usage
from shared.core.secrets.secret_places import SIGN
from shared.mind.safety.redaction import Redactor, discreet_embedder, discreet_model
from shared.ports.knowledge import Vector
from shared.ports.model import Message, ModelRequest, ModelResult, Tool, ToolCall
from tests.support.builders.made_up_secrets import UPPER, disguised, letters, made_up

TOKEN = made_up()["github classic"][1]
OTHER = made_up()["notion"][1]


@dataclass
class Heard:
    """A model and an embedder that keep what they were told."""

    name: str = "heard"
    id: str = "heard"
    dimensions: int = 1
    told: list[ModelRequest] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def window(self, task_class: str) -> int:
        return 1000

    def estimate(self, request: ModelRequest) -> Usage:
        self.told.append(request)
        return NOTHING

    def count(self, request: ModelRequest) -> int:
        self.told.append(request)
        return 1

    def complete(self, request: ModelRequest) -> ModelResult:
        self.told.append(request)
        return ModelResult({"text": request.prompt}, self.name, NOTHING)

    def embed(self, texts: Any, kind: str) -> list[Vector]:
        self.texts += texts
        return [[1.0] for _ in texts]


def test_the_same_secret_gets_the_same_placeholder() -> None:
    redactor = Redactor()
    hidden = redactor.hide(f"First {TOKEN}, then {OTHER}, then {TOKEN} again.")
    assert hidden == (
        "First [[secret:github-token:1]], then [[secret:notion-token:2]], then [[secret:github-token:1]] again."
    )
    assert redactor.kinds == ("github-token", "notion-token")


@pytest.mark.parametrize("kind", made_up())
def test_no_kind_of_secret_is_left(kind: str) -> None:
    text, secret = made_up()[kind]
    hidden = Redactor().hide(text)
    assert secret not in hidden
    assert "[[secret:" in hidden
    assert Redactor().hide(hidden) == hidden  # placeholders are no secrets


@pytest.mark.parametrize("kind", disguised())
def test_a_disguised_secret_is_not_left_either(kind: str) -> None:
    text, rest = disguised()[kind]
    assert rest not in Redactor().hide(text)


@given(st.text(max_size=80), st.sampled_from(sorted(made_up())))
def test_what_was_hidden_can_be_put_back_by_who_has_hidden_it(text: str, kind: str) -> None:
    redactor = Redactor()
    told = redactor.hide(text) + " " + made_up()[kind][0].replace("ｇｈｐ", "ghp")
    assert redactor.restore(redactor.hide(told)) == redactor.restore(told)
    assert Redactor().restore(redactor.hide(told)) == redactor.hide(told)


def test_known_secrets_are_hidden_whatever_they_look_like() -> None:
    known = "quiet river under stones"
    assert Redactor([known, "short"]).hide(f"It is {known}, in short.") == "It is [[secret:known:1]], in short."


def test_every_text_of_a_request_is_told_without_secrets() -> None:
    heard = Heard()
    model = discreet_model(heard, lambda: [letters("known", 20)])
    call = ToolCall("c1", "look", {"of": TOKEN})
    request = ModelRequest(
        "plan", "reason", f"You. {TOKEN}", f"Page {TOKEN} {letters('known', 20)}", {},
        data={"page": {"text": TOKEN, TOKEN: 1, "cells": [["Password", OTHER]]}},
        stable=f"Kinds {OTHER}",
        messages=(Message("assistant", f"So {TOKEN}", (call,)), Message("tool", f"Found {OTHER}", call="c1")),
        tools=(Tool("look", f"Look at {TOKEN}", {}),),
    )  # fmt: skip
    model.estimate(request)
    model.count(request)
    result = model.complete(request)
    assert len(heard.told) == 3
    for told in heard.told:
        text = json.dumps(asdict(told), default=str)
        assert TOKEN not in text
        assert OTHER not in text
        assert letters("known", 20) not in text
    assert heard.told[0].prompt == heard.told[2].prompt
    assert result.answer["text"] == f"Page {SIGN} {SIGN}"  # never put back, and no placeholder either: it is shown


def test_a_secret_that_is_seen_in_the_whole_page_only_is_hidden_in_each_of_its_parts() -> None:
    user, aws = "AK" + "IA" + letters("two runs", 16, UPPER), letters("two halves", 40)
    runs = [{"text": f"Deploy with {user}, "}, {"text": "key "}, {"text": aws, "bold": True}]
    halves = [{"text": "The token is " + TOKEN[:20], "italic": True}, {"text": TOKEN[20:]}]
    blocks = [{"id": "a", "type": "paragraph", "spans": runs}, {"id": "b", "type": "paragraph", "spans": halves}]
    cells = {"id": "c", "type": "table_row", "cells": [[{"text": "Password"}], [{"text": "Sommer" + "2026!"}]]}
    request = ModelRequest("plan", "reason", "s", "p", {}, data={"page": {"blocks": [*blocks, cells]}})
    heard = Heard()
    discreet_model(heard).complete(request)
    told = json.dumps(heard.told[0].data, ensure_ascii=False)
    assert [one for one in (user, aws, TOKEN[:20], TOKEN[20:], "Sommer" + "2026!") if one in told] == []
    assert told.count(SIGN) >= 5
    assert [one for one in ("Password", "key ", "The token is ") if one not in told] == []


@pytest.mark.parametrize("form", ["[[secret:{}:1]]", r"\[\[secret:{}:1\]\]", "&#91;&#91;secret:{}:1&#93;&#93;"])
def test_what_a_model_answers_has_a_sign_where_it_repeats_a_placeholder(form: str) -> None:
    request = ModelRequest("plan", "reason", "s", f"Write {form.format('github-token')} on the page.", {})
    assert discreet_model(Heard()).complete(request).answer == {"text": f"Write {SIGN} on the page."}


def test_a_field_named_like_a_secret_has_its_value_hidden() -> None:
    hidden = Redactor().hide_in({"properties": {"Password": "Sommer" + "2026!", "Owner": "Ada Example"}})
    assert hidden == {"properties": {"Password": "[[secret:key:1]]", "Owner": "Ada Example"}}


def test_letters_that_nobody_sees_are_gone_from_messages_too() -> None:
    heard = Heard()
    request = ModelRequest("chat", "quick", "s", "p", {}, messages=(Message("user", "Hi\u200b \U000e0041you"),))
    discreet_model(heard).complete(request)
    assert heard.told[0].messages[0].text == "Hi you"


def test_texts_to_embed_are_told_without_secrets() -> None:
    heard = Heard()
    embedder = discreet_embedder(heard)
    assert embedder is not None
    embedder.embed([f"The token is {TOKEN}.", "Bread"], "document")
    assert heard.texts == ["The token is [[secret:github-token:1]].", "Bread"]
    assert discreet_embedder(None) is None


def test_wrapped_twice_the_last_known_secrets_count_and_it_is_hidden_once() -> None:
    heard = Heard()
    once = discreet_model(heard, lambda: ["quiet river"])
    discreet_model(once, lambda: ["under stones"]).complete(ModelRequest("t", "quick", "", "under stones", {}))
    assert [told.prompt for told in heard.told] == ["[[secret:known:1]]"]
