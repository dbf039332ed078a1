"""Exact edits: they apply exactly once or not at all, and what is wrong with them is said so that it can be mended."""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.core.code.edits import Edit, EditsRefused, apply_edits

SHOP = """def price(item):
    return item.cents


def total(items):
    found = 0
    for item in items:
        found += price(item)
    return found
"""


def refused(*edits: Edit, **files: str) -> str:
    with pytest.raises(EditsRefused) as caught:
        apply_edits(files or {"shop.py": SHOP}, edits)
    return str(caught.value)


def test_an_edit_changes_its_one_place_and_nothing_else() -> None:
    edits = [Edit("shop.py", "    return found\n", "    return round(found)\n"), Edit("shop.py", "cents", "euros")]
    changed = apply_edits({"shop.py": SHOP, "other.py": "found"}, edits)
    wanted = SHOP.replace("return found", "return round(found)").replace("cents", "euros")
    assert changed == {"shop.py": wanted}


def test_what_is_not_there_is_told_with_the_nearest_lines_as_they_read() -> None:
    said = refused(Edit("shop.py", "def total(things):\n    found = 1\n", "x"))
    assert "edit 1 of 'shop.py': `find` is not in the file" in said
    assert "from line 5 on" in said
    assert "def total(items):\n    found = 0" in said


def test_white_space_counts() -> None:
    assert "not in the file" in refused(Edit("shop.py", "def price(item):\n  return item.cents", "x"))


def test_what_is_there_twice_is_told_with_its_lines() -> None:
    said = refused(Edit("shop.py", "price(item)", "x"))
    assert "more than once, on lines 1, 8" in said
    assert "add lines around it" in said


def test_places_that_overlap_themselves_are_more_than_one() -> None:
    assert "more than once" in refused(Edit("a", "aa", "b"), a="aaa")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param(Edit("shop.py", "", "x"), "`find` is empty", id="empty"),
        pytest.param(Edit("shop.py", "cents", "cents"), "changes nothing", id="the same"),
        pytest.param(Edit("shops.py", "cents", "x"), "no such file; did you mean 'shop.py'?", id="another file"),
        pytest.param(Edit("zzz", "cents", "x"), "there is no such file", id="no file"),
    ],
)
def test_an_edit_that_says_nothing_is_refused(edit: Edit, said: str) -> None:
    assert said in refused(edit)


def test_two_edits_of_one_place_are_refused_whatever_their_order() -> None:
    one, two = Edit("shop.py", "found = 0\n    for", "x"), Edit("shop.py", "for item in items", "y")
    assert "edits 1 and 2 of 'shop.py' change the same place" in refused(one, two)
    assert "edits 1 and 2" in refused(two, one)


def test_one_wrong_edit_keeps_the_others_from_being_made_and_all_wrong_ones_are_told() -> None:
    said = refused(Edit("shop.py", "cents", "euros"), Edit("shop.py", "nope!", "x"), Edit("b", "x", "y"))
    assert "edit 2 of 'shop.py'" in said
    assert "edit 3 of 'b'" in said
    assert "edit 1" not in said


def test_of_a_thousand_wrong_edits_a_few_are_told() -> None:
    said = refused(*(Edit("shop.py", f"nope {n}", "x") for n in range(1000)))
    assert said.count("edit ") < 12
    assert "992 more edits do not apply" in said


def test_in_a_file_of_windows_an_edit_with_plain_line_ends_applies_and_leaves_its_line_ends() -> None:
    text = "one\r\ntwo\r\nthree\r\n"
    assert apply_edits({"a": text}, [Edit("a", "two\nthree\n", "2\n3\n")]) == {"a": "one\r\n2\r\n3\r\n"}
    mixed = "one\r\ntwo\nthree\n"
    assert apply_edits({"a": mixed}, [Edit("a", "two\nthree", "2\n3")]) == {"a": "one\r\n2\n3\n"}


ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ANY, ANY), min_size=1, max_size=6), ANY, st.randoms(use_true_random=False))
def test_edits_taken_back_leave_the_text_as_it_was(parts: list[tuple[str, str]], tail: str, random: object) -> None:
    """Any text, with places that are unique because they are numbered by a character no text has."""
    olds = [f"\x00{number}<{old}>" for number, (old, _) in enumerate(parts)]
    news = [f"\x01{number}<{new}>" for number, (_, new) in enumerate(parts)]
    keep = [f"\x02{number}{new}{old}" for number, (old, new) in enumerate(parts)]
    cleaned = [part.replace("\x00", "").replace("\x01", "") for part in keep]
    before = "".join(a + b for a, b in zip(cleaned, olds, strict=True)) + tail.translate({0: None, 1: None})
    forth = [Edit("a", old, new) for old, new in zip(olds, news, strict=True) if _once(before, old)]
    random.shuffle(forth)  # type: ignore[attr-defined]
    after = apply_edits({"a": before}, forth).get("a", before)
    back = [Edit("a", edit.replace, edit.find) for edit in forth]
    if all(_once(after, edit.find) for edit in back):
        assert apply_edits({"a": after}, back).get("a", after) == before


FEW = st.text("ab\n", max_size=8)


def _once(text: str, part: str) -> bool:
    return text.count(part) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from("ab"), FEW),
    st.lists(st.builds(Edit, st.sampled_from("aab"), FEW, FEW), max_size=3),
)
def test_any_edits_apply_as_one_replacement_each_or_are_refused(files: dict[str, str], edits: list[Edit]) -> None:
    try:
        changed = apply_edits(files, edits)
    except EditsRefused:
        return
    event("applied")
    assert set(changed) == {edit.path for edit in edits}
    for path, text in changed.items():
        own = [edit for edit in edits if edit.path == path]
        assert len(text) == len(files[path]) + sum(len(edit.replace) - len(edit.find) for edit in own)
        assert all(edit.replace in text for edit in own)


SIGN = "[[secret:basic-auth:1]]"
CALL = (
    'def test_it(self):\n    got = ask("/van", {"Authorization": "Basic Zm9vOmJh' + 'cg=="})\n    assert got == 200\n'
)


@pytest.mark.parametrize(
    ("find", "replace", "wanted"),
    [
        (
            f'    got = ask("/van", {{"Authorization": "Basic {SIGN}"}})\n',
            '    got = ask("/van", {})\n',
            'def test_it(self):\n    got = ask("/van", {})\n    assert got == 200\n',
        ),
        (
            f'"Basic {SIGN}"}})\n    assert got == 200',
            f'"Basic {SIGN}"}})\n    assert got == 201',
            CALL.replace("200", "201"),
        ),
    ],
    ids=["taken out", "kept"],
)
def test_a_sign_that_was_copied_stands_for_what_the_file_reads_there(find: str, replace: str, wanted: str) -> None:
    assert apply_edits({"test_it.py": CALL}, [Edit("test_it.py", find, replace)]) == {"test_it.py": wanted}


@pytest.mark.parametrize("find", [SIGN, f"    {SIGN}\n", f'"Basic {SIGN}', f'"Digest {SIGN}"}})'])
def test_a_sign_whose_place_is_not_certain_is_not_in_the_file(find: str) -> None:
    assert "`find` is not in the file" in refused(Edit("test_it.py", find, "x"), **{"test_it.py": CALL})


def test_a_sign_that_may_be_two_places_is_refused() -> None:
    find = f'{{"Authorization": "Basic {SIGN}"}}'
    assert "`find` is not in the file" in refused(Edit("test_it.py", find, "{}"), **{"test_it.py": CALL + CALL})


def test_signs_in_text_made_to_keep_us_busy_are_looked_for_once() -> None:
    """What looks at every way to divide a line among signs takes longer than anybody lives."""
    signs = [f"[[secret:key:{number}]]" for number in range(12)]
    for between in ("a", "aa", ""):
        find = "a" + between.join(signs) + "b"
        with pytest.raises(EditsRefused, match="is not in the file"):
            apply_edits({"x": ("a" * 400 + "\n") * 5}, [Edit("x", find, "y")])


def test_signs_side_by_side_in_a_line_stand_for_what_the_file_reads_there() -> None:
    file = {"x": "user = 'ada', pin = '4711', again = '4711'\n"}
    one, two = "[[secret:user:1]]", "[[secret:pin:2]]"
    edit = Edit("x", f"user = '{one}', pin = '{two}', again = '{two}'", f"login('{one}', '{two}')")
    assert apply_edits(file, [edit]) == {"x": "login('ada', '4711')\n"}
