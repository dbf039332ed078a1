"""What a tenant's policy lets leave: paths, protected files, sizes, packages, licences."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.code.dependencies import packages_in
from shared.core.code.licences import find_licence, is_allowed
from shared.core.code.worktree import Worktree
from shared.core.ship.paths import matches, strange
from shared.core.ship.policy import Known, Policy, judge, policy_to_data
from shared.integrations.ship_policy import read_policy

BEFORE = {"app.py": b"x = 1\n", "package.json": b'{"dependencies": {"react": "^19"}}', "package-lock.json": b"{}"}


def refused(files: dict[str, bytes], policy: Policy | None = None, before: dict[str, bytes] | None = None) -> set[str]:
    """Return the rules that refuse these files over the ones before."""
    judged = judge(Worktree(files), BEFORE if before is None else before, policy or read_policy({}))
    return {each.rule for each in judged.refused}


@pytest.mark.parametrize(
    ("path", "pattern", "meant"),
    [
        ("a/b/c.py", "*.py", True),
        ("a/b/c.py", "a/*.py", False),
        ("a/b/c.py", "a/**", True),
        ("a/b/c.py", "a/**/c.py", True),
        ("a/c.py", "a/**/c.py", True),
        ("a/b/c.py", "a/", True),
        ("ab/c.py", "a/", False),
        ("docs/CODEOWNERS", "CODEOWNERS", True),
        (".GitHub/workflows/ci.yml", ".github/**", True),
        ("x", "**", True),
        ("x/y", "/x/y", True),
        ("x/[y]", "x/[[]y]", True),
    ],
)
def test_a_pattern_means_paths(path: str, pattern: str, meant: bool) -> None:
    assert matches(path, pattern) is meant


@given(st.text("ab*/.", max_size=60), st.text("ab*/?", max_size=60))
def test_any_pattern_answers_at_once(path: str, pattern: str) -> None:
    assert matches(path, pattern) in (True, False)
    assert matches(path, "**")


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a//b", ".git/config", "a/.GIT/hooks/x", "a\\b", "", "a\nb"])
def test_what_is_no_path_of_a_repository_is_refused(path: str) -> None:
    assert strange(path)
    assert "path" in refused({path: b"x"})


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml", ".gitlab-ci.yml", "CODEOWNERS", "docs/CODEOWNERS", "vercel.json", "Dockerfile",
        "web/.npmrc", ".gitmodules", "setup.py", ".env", "deploy/main.tf", ".husky/pre-commit",
    ],
)  # fmt: skip
def test_protected_files_stay_as_they_are(path: str) -> None:
    assert refused({path: b"x"}) == {"protected"}
    assert refused({path: b"x"}, before={path: b"x"}) == set()  # nothing changes
    assert refused({}, before={path: b"x"}) == set()
    gone = judge(Worktree({}, frozenset({path})), {path: b"x"}, read_policy({}))
    assert {each.rule for each in gone.refused} == {"protected"}


def test_only_paths_that_may_change_do() -> None:
    policy = read_policy({"may_change": ["src/**", "tests/**"], "must_not_change": ["src/billing/**"]})
    assert refused({"src/a.py": b"x", "tests/b.py": b"x"}, policy) == set()
    assert refused({"README.md": b"x"}, policy) == {"paths"}
    assert refused({"src/billing/tax.py": b"x"}, policy) == {"paths"}


def test_sizes_have_limits() -> None:
    policy = read_policy({"most_files": 2, "most_bytes": 100, "most_file_bytes": 60})
    assert refused({"a": b"x" * 60, "b": b"x" * 40}, policy) == set()
    assert refused({"a": b"x" * 61}, policy) == {"size"}
    assert refused({"a": b"x" * 60, "b": b"x" * 41}, policy) == {"size"}
    assert refused({"a": b"", "b": b"", "c": b""}, policy) == {"size"}


def test_programs_are_refused_and_pictures_pointed_out() -> None:
    assert refused({"bin/tool": b"\x7fELF\x02\x01\x01\x00"}) == {"binary"}
    judged = judge(Worktree({"logo.png": b"\x89PNG\r\n\x1a\n\x00\x00"}), {}, read_policy({}))
    assert [(each.severity, each.rule) for each in judged.findings] == [("warn", "binary")]


def test_what_runs_at_install_is_refused() -> None:
    assert refused({"package.json": b'{"scripts": {"postinstall": "node x.js"}}'}) == {"install-script"}
    assert refused({"package.json": b'{"scripts": {"build": "next build"}}'}) == set()
    same = b'{"scripts": {"postinstall": "node x.js"}, "version": "2"}'
    assert (
        refused({"package.json": same}, before={"package.json": b'{"scripts": {"postinstall": "node x.js"}}'}) == set()
    )


def test_a_lock_file_changes_only_with_its_manifest() -> None:
    assert refused({"package-lock.json": b'{"packages": {}}'}) == {"lock"}
    both = {"package-lock.json": b'{"packages": {}}', "package.json": b'{"dependencies": {"react": "^20"}}'}
    assert refused(both) == set()
    assert refused({"web/uv.lock": b"version = 1\n"}, before={"pyproject.toml": b"", "web/pyproject.toml": b""}) == {
        "lock"
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "shop @ git+https://example.test/shop.git\n"),
        ("requirements.txt", "-e ./shop\n"),
        ("requirements.txt", "https://example.test/shop-1.0.whl\n"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nshop = { git = "https://example.test/shop.git" }\n'),
        ("package.json", '{"dependencies": {"shop": "git+ssh://git@example.test/shop.git"}}'),
        ("package.json", '{"dependencies": {"shop": "acme/shop"}}'),
        ("package.json", '{"dependencies": {"shop": "file:../shop"}}'),
        ("package.json", '{"overrides": {"shop": {"deep": "github:acme/deep"}}}'),
        ("package.json", '{"resolutions": {"**/shop": "https://example.test/shop.tgz"}}'),
        ("package.json", '{"pnpm": {"overrides": {"shop": "link:../shop"}}}'),
        ("requirements.txt", "-egit+https://example.test/shop.git\n"),
        ("pyproject.toml", '[tool.uv.sources]\nshop = { git = "https://example.test/shop.git" }\n'),
        ("pyproject.toml", '[tool.uv.sources]\nshop = [{ path = "../shop" }]\n'),
    ],
)
def test_packages_come_from_registries_only(path: str, text: str) -> None:
    assert "dependency" in refused({path: text.encode()}, before={})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "-ihttps://example.test/simple\n"),
        ("requirements.txt", "--extra-index https://example.test/simple\n"),  # pip takes what is clear enough
        ("requirements.txt", "-r https://example.test/more.txt\n"),
        ("requirements.txt", "-c more.lst\n"),
        ("requirements.txt", "--requirement=more.cfg\n"),
        ("pyproject.toml", '[[tool.uv.index]]\nurl = "https://example.test/simple"\n'),
        ("pyproject.toml", '[tool.uv]\nextra-index-url = ["https://example.test/simple"]\n'),
        ("pyproject.toml", '[tool.uv.pip]\nindex-url = "https://example.test/simple"\n'),
        ("pyproject.toml", '[[tool.poetry.source]]\nname = "x"\nurl = "https://example.test/simple"\n'),
        ("pyproject.toml", '[[tool.pdm.source]]\nname = "x"\nurl = "https://example.test/simple"\n'),
    ],
)
def test_the_installer_is_sent_elsewhere_in_no_other_words(path: str, text: str) -> None:
    assert refused({path: text.encode()}, before={}) == {"index"}


def test_what_an_installer_is_told_about_itself_is_no_address() -> None:
    text = b"-r requirements-dev.txt\n-c constraints.txt\n--require-hashes\n--only-binary :all:\n--prefer-binary\n"
    assert refused({"requirements.txt": text}, before={}) == set()


def test_a_known_name_for_another_package_is_a_new_package() -> None:
    work = Worktree({"package.json": b'{"dependencies": {"react": "npm:@a/evil@^1"}}'})
    assert [each.name for each in judge(work, BEFORE, read_policy({})).named] == ["@a/evil"]


def test_lists_of_packages_that_nobody_reads_are_pointed_out() -> None:
    judged = judge(
        Worktree({"web/Cargo.toml": b"[dependencies]\nx = 1\n", "setup.cfg": b"[options]\n"}), {}, read_policy({})
    )
    assert [(each.severity, each.rule, each.path) for each in judged.findings] == [
        ("warn", "packages", "setup.cfg"), ("warn", "packages", "web/Cargo.toml")
    ]  # fmt: skip


def test_a_lock_file_that_fetches_from_elsewhere_is_refused() -> None:
    def lock(host: str) -> bytes:
        return json.dumps({"packages": {"node_modules/react": {"resolved": f"https://{host}/react-19.tgz"}}}).encode()

    manifest = {"package.json": b'{"dependencies": {"react": "^19.1"}}'}
    before = {**BEFORE, "package-lock.json": lock("registry.example.test")}
    assert refused({**manifest, "package-lock.json": lock("registry.example.test")}, before=before) == set()
    assert refused({**manifest, "package-lock.json": lock("evil.example.test")}, before=before) == {"index"}
    new = judge(Worktree({**manifest, "package-lock.json": lock("evil.example.test")}), {}, read_policy({}))
    assert "evil.example.test" in " ".join(each.what for each in new.findings if each.severity == "warn")


def test_what_tells_tools_and_agents_what_to_do_is_protected() -> None:
    paths = (".vscode/tasks.json", ".devcontainer/devcontainer.json", ".envrc", ".drone.yml", "app.yaml", "Procfile")
    assert [path for path in paths if "protected" not in refused({path: b"x"})] == []


def test_no_file_sends_the_installer_elsewhere() -> None:
    assert refused({"requirements.txt": b"--extra-index-url https://example.test/simple\nflask==3.1\n"}) == {"index"}
    assert refused({"package.json": b"{"}) == {"manifest"}


def test_packages_are_read_from_every_kind_of_file() -> None:
    lock = {"packages": {"": {}, "node_modules/react": {"license": "MIT"}, "node_modules/@a/b": {}}}
    files = {
        "requirements-dev.txt": b"# tools\nFlask[async]>=3.0 ; python_version > '3.9'  # web\n"
        b"pytest==8.0 \\\n  --hash=sha256:0\n",
        "pyproject.toml": b'[build-system]\nrequires = ["hatchling"]\n[project]\ndependencies = ["ruamel.yaml~=0.18"]\n'
        b'[dependency-groups]\ndev = ["mypy", {include-group = "x"}]\n'
        b'[tool.poetry.dependencies]\npython = "^3.11"\nrich = "^13"\n',
        "web/package.json": b'{"dependencies": {"React": "^19"}, "devDependencies": {"@a/b": "~1"}}',
        "web/package-lock.json": json.dumps(lock).encode(),
        "poetry.lock": b'[[package]]\nname = "Click"\nversion = "8"\n',
        "yarn.lock": b'"@c/d@^1", "@c/d@^2":\n  version "2"\nleft-pad@^1:\n  version "1"\n',
    }
    found = packages_in(files)
    assert [each.name for each in found.direct] == [
        "hatchling", "ruamel-yaml", "mypy", "rich", "flask", "pytest", "react", "@a/b"
    ]  # fmt: skip
    assert found.direct[-2].licence == "MIT"
    assert set(found.locked) == {
        ("npm", "react"),
        ("npm", "@a/b"),
        ("pypi", "click"),
        ("npm", "@c/d"),
        ("npm", "left-pad"),
    }
    assert found.unread == {}


def test_a_new_package_is_named_with_what_is_known_of_it() -> None:
    work = Worktree({"requirements.txt": b"flask==3.1\nrich==14\n"})
    known = {("pypi", "rich"): Known(timedelta(days=400), "MIT")}
    judged = judge(work, {"requirements.txt": b"flask==3.0\n"}, read_policy({}), known)
    assert judged.descriptions == ("rich ==14 (pypi; 400 days old; MIT)",)
    assert judged.findings == ()
    unknown = judge(work, {}, read_policy({}))
    assert unknown.descriptions[0] == "flask ==3.1 (pypi; age unknown; licence unknown)"
    assert {(each.severity, each.rule) for each in unknown.findings} == {("note", "age"), ("warn", "licence")}


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        (Known(timedelta(days=29), "MIT"), "age"),
        (Known(timedelta(days=400), "AGPL-3.0-only"), "licence"),
        (Known(exists=False), "dependency"),
    ],
)
def test_a_package_that_is_young_or_unfree_or_not_there_is_refused(known: Known, rule: str) -> None:
    judged = judge(Worktree({"requirements.txt": b"shop\n"}), {}, read_policy({}), {("pypi", "shop"): known})
    assert {each.rule for each in judged.refused} == {rule}


def test_names_are_compared_as_registries_do() -> None:
    files = {"requirements.txt": b"Left_Pad\n"}
    assert refused(files, read_policy({"dependencies_denied": ["left.pad"]})) == {"dependency"}
    assert refused(files, read_policy({"dependencies_allowed": ["flask"]})) == {"dependency"}
    assert refused(files, read_policy({"dependencies_allowed": ["left-pad"]})) == set()


def test_a_copied_file_under_another_licence_is_refused() -> None:
    assert refused({"x.py": b"# SPDX-License-Identifier: GPL-3.0-or-later\n"}) == {"licence"}
    assert refused({"x.c": b"/* GNU AFFERO\n GENERAL PUBLIC LICENSE, version 3 */".replace(b"\n", b"")}) == {"licence"}
    assert (
        refused(
            {"LICENSE": b"MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy"}
        )
        == set()
    )
    assert find_licence("/* SPDX-License-Identifier: MIT OR GPL-2.0-only */\n") == ("MIT OR GPL-2.0-only", 1)


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("MIT", True), ("mit", True), ("(MIT OR GPL-3.0-only)", True), ("MIT AND GPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception", True), ("", False), ("UNLICENSED", False),
        ("GPL-3.0-only OR MIT AND X", False),
    ],
)  # fmt: skip
def test_licence_expressions(expression: str, may: bool) -> None:
    assert is_allowed(expression, ("MIT", "Apache-2.0")) is may


def test_a_policy_reads_as_it_was_told() -> None:
    policy = read_policy({"may_change": ["src/**"], "most_files": 7, "unknown_licence": "block"})
    assert read_policy(policy_to_data(policy)) == policy
    assert read_policy({}) == read_policy({})
