"""Reading and writing of a class as functions that are made once: runs are read and written on the hot path.

What is made is what one would write by hand for the class, field by field; `dataclasses` makes its methods so as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from datetime import datetime
from enum import Enum
from functools import partial
from threading import RLock
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

MORE = "more"  # the field for what this version does not know
SPARSE, BESIDE, TURNS = "sparse", "beside", "turns"  # in the metadata of fields


@dataclass(frozen=True, slots=True)
class Form:
    """How a class is stored that core/documents does not own, such as a run."""

    sparse: bool = False  # what has its default is left out, but for `always`
    always: tuple[str, ...] = ()
    as_list: bool = False  # its values alone
    first: tuple[str, ...] = ()  # what is written before the other fields
    read: Callable[[Any], Any] | None = None  # of a value that is no dataclass, such as an enum's


FORMS: dict[type[Any], Form] = {}


def store_as(form: Form, *classes: type[Any]) -> None:
    """Have documents of these classes stored in this form."""
    FORMS.update(dict.fromkeys(classes, form))


Expression = Callable[[str], str]  # of the name that a value has in the source


@dataclass(slots=True)
class Codec:
    """How documents of a class are read and written."""

    read: Callable[..., Any] = dict
    write: Callable[[Any], Any] = dict
    is_made: bool = False
    needed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()  # fields that are no part of what is stored
    turns: Mapping[str, Callable[[], Callable[[Any], Any]]] = field(default_factory=dict)  # makes what reads one part


_CODECS: dict[type[Any], Codec] = {}  # made when a class is first met
_UNFINISHED: dict[type[Any], Codec] = {}  # seen by the thread alone that makes them
_LOCK = RLock()


def codec_of(of: type[Any]) -> Codec:
    """Return how documents of a class are read and written."""
    return _CODECS.get(of) or _make_once(of)


def _make_once(of: type[Any]) -> Codec:
    with _LOCK:
        if (known := _CODECS.get(of) or _UNFINISHED.get(of)) is not None:
            return known
        is_outermost = not _UNFINISHED
        try:
            made = _make(of)
            if is_outermost:
                _CODECS.update(_UNFINISHED)
        finally:
            if is_outermost:
                _UNFINISHED.clear()
        return made


@dataclass(slots=True)
class _Source:
    """What the functions of a class refer to, by the names it has there."""

    names: dict[str, Any] = field(default_factory=lambda: {"absent": MISSING})

    def name(self, value: Any) -> str:
        """Return the name of a value; a constant is its own."""
        if value in (None, True, False) or type(value) in (int, str):
            return repr(value)
        given = f"g{len(self.names)}"
        self.names[given] = value
        return given

    def make(self, arguments: str, *lines: str) -> Callable[..., Any]:
        """Return the function of these lines."""
        made: dict[str, Callable[..., Any]] = {}
        exec("\n ".join([f"def made({arguments}):", *lines]), self.names, made)
        return made["made"]


@dataclass(frozen=True, slots=True)
class _Turn:
    """How values of a type are read and written; `empty` is the value that alone is false, where there is one."""

    read: Expression
    write: Expression
    empty: Any = None


def _leave(value: str) -> str:
    return value


def _make(of: type[Any]) -> Codec:
    codec = _UNFINISHED[of] = Codec()  # at once: what a block holds are blocks
    source, form, hints = _Source(), FORMS.get(of, Form()), get_type_hints(of)
    fields = [each for each in dataclasses.fields(of) if not each.metadata.get(BESIDE)]
    turns = {each.name: _turn_of(source, each, hints[each.name]) for each in fields}
    codec.turns = {name: partial(source.make, "v", f"return {turn.read('v')}") for name, turn in turns.items()}
    if form.as_list:
        _make_list(codec, source, of, turns)
        codec.is_made = True
        return codec
    codec.needed = tuple(each.name for each in fields if _default(each) is MISSING)
    keeps_more = MORE in hints
    codec.beside = tuple(each.name for each in dataclasses.fields(of) if each.name not in (*turns, MORE))
    begin = "b = dict(d.more)" if keeps_more else "b = {}"
    order = [*form.first, *turns]
    written = sorted(fields, key=lambda each: order.index(each.name))
    lines = (line for each in written for line in _write_lines(source, form, each, turns[each.name]))
    codec.write = source.make("d", begin, *lines, "return b")
    source.names["known"] = frozenset(turns)
    more = ["more={name: value for name, value in b.items() if name not in known}"] if keeps_more else []
    parts = [line for each in fields for line in _read_lines(source, each, turns[each.name])]
    by_place = len(fields) == len(dataclasses.fields(of)) and not any(each.kw_only for each in fields)  # it is faster
    values = [f"f_{name}" if by_place else f"{name}=f_{name}" for name in turns]
    given = ", ".join([*values, *more, "**beside"])
    codec.read = source.make("b, **beside", "get = b.get", *parts, f"return {source.name(of)}({given})")
    codec.is_made = True
    return codec


def _default(of: dataclasses.Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _make_list(codec: Codec, source: _Source, of: type[Any], turns: Mapping[str, _Turn]) -> None:
    """A class of which the values alone are stored."""
    written = ", ".join(turn.write(f"d.{name}") for name, turn in turns.items())
    codec.write = source.make("d", f"return [{written}]")
    read = ", ".join(turn.read(f"b[{place}]") for place, turn in enumerate(turns.values()))
    plain = all(turn.read is _leave for turn in turns.values())
    codec.read = source.make("b", f"return {source.name(of)}({'*b' if plain else read})")


def _read_lines(source: _Source, each: dataclasses.Field[Any], turn: _Turn) -> list[str]:
    """Return what reads a part out of the body `b`."""
    value, default = f"f_{each.name}", _default(each)
    if default is MISSING:
        found = f"b[{each.name!r}]"
        return [f"{value} = {found}" if turn.read is _leave else f"v = {found}; {value} = {turn.read('v')}"]
    usual = "{}" if default == {} else source.name(default)
    if turn.read is _leave:
        return [f"{value} = get({each.name!r}, {usual})"]
    if default is None and TURNS not in each.metadata:
        return [f"v = get({each.name!r}); {value} = {turn.read('v')}"]
    return [f"v = get({each.name!r}, absent); {value} = {usual} if v is absent else {turn.read('v')}"]


def _write_lines(source: _Source, form: Form, each: dataclasses.Field[Any], turn: _Turn) -> list[str]:
    """Return what writes a part of the document `d`."""
    kept, default = f"b[{each.name!r}]", _default(each)
    sparse = each.metadata.get(SPARSE) or (form.sparse and each.name not in form.always and default is not MISSING)
    if not sparse:
        return [f"{kept} = d.{each.name}" if turn.write is _leave else f"v = d.{each.name}; {kept} = {turn.write('v')}"]
    if default is None:
        test = "v is not None"
    elif default is False:
        test = "v is not False"
    elif type(default) is type(turn.empty) and default == turn.empty:
        test = "v"
    else:
        usual = source.name(default)
        test = f"v != {usual}" if isinstance(default, (str, int, float)) else f"v is not {usual} and v != {usual}"
    return [f"v = d.{each.name}", f"if {test}: {kept} = {turn.write('v')}"]


def _turn_of(source: _Source, each: dataclasses.Field[Any], hint: Any) -> _Turn:
    if TURNS not in each.metadata:
        return _turn(source, hint)
    read, write = each.metadata[TURNS]
    return _Turn(_call(source.name(read)), _call(source.name(write)))


def _turn(source: _Source, hint: Any) -> _Turn:
    """Return how a value of this type is read and written."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType) and type(None) in inner:
        return _optional(_turn(source, next(each for each in inner if each is not type(None))))
    if origin is tuple:
        return _convert_items(_turn(source, inner[0]))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return _convert_values(_turn(source, inner[1]))
    form = FORMS.get(hint) if isinstance(hint, type) else None
    if form is not None and form.read is not None:
        return _Turn(_call(source.name(form.read)), lambda value: f"{value}._value_")
    if hint is datetime:
        return _Turn(_call(source.name(datetime.fromisoformat)), lambda value: f"{value}.isoformat()")
    if isinstance(hint, type) and issubclass(hint, Enum):
        members = source.name(hint._value2member_map_)
        return _Turn(lambda value: f"{members}[{value}]", lambda value: f"{value}._value_")
    if dataclasses.is_dataclass(hint):
        return _nest(source, hint)
    return _Turn(_leave, _leave, "" if hint is str else None)


def _call(function: str) -> Expression:
    return lambda value: f"{function}({value})"


def _nest(source: _Source, of: Any) -> _Turn:
    codec = _make_once(of)
    if not codec.is_made:  # being made: it holds itself
        made = source.name(codec)
        return _Turn(_call(f"{made}.read"), _call(f"{made}.write"))
    return _Turn(_call(source.name(codec.read)), _call(source.name(codec.write)))


def _optional(turn: _Turn) -> _Turn:
    if turn.read is _leave and turn.write is _leave:
        return _Turn(_leave, _leave)
    return _Turn(
        lambda value: f"(None if {value} is None else {turn.read(value)})",
        lambda value: f"(None if {value} is None else {turn.write(value)})",
    )


def _convert_items(turn: _Turn) -> _Turn:
    if turn.read is _leave:
        return _Turn(_call("tuple"), _call("list"), ())
    return _Turn(
        lambda value: f"tuple([{turn.read('x')} for x in {value}])",
        lambda value: f"[{turn.write('x')} for x in {value}]",
        (),
    )


def _convert_values(turn: _Turn) -> _Turn:
    if turn.read is _leave:
        return _Turn(_leave, _call("dict"), {})
    return _Turn(
        lambda value: f"{{n: {turn.read('x')} for n, x in {value}.items()}}",
        lambda value: f"{{n: {turn.write('x')} for n, x in {value}.items()}}",
        {},
    )
