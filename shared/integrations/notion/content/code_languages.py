"""The languages Notion's code blocks know, and what people call them."""

from __future__ import annotations


def notion_language(name: str) -> str:
    """Return Notion's name of a programming language; `plain text` when Notion has none."""
    wanted = " ".join(name.split()).lower()
    wanted = _ALIASES.get(wanted, wanted)
    spaced = wanted.replace("-", " ")  # a fence names a language in one word
    return wanted if wanted in LANGUAGES else spaced if spaced in LANGUAGES else "plain text"


LANGUAGES = frozenset({
    "abap", "abc", "agda", "arduino", "ascii art", "assembly", "bash", "basic", "bnf", "c", "c#", "c++", "clojure",
    "coffeescript", "coq", "css", "dart", "dhall", "diff", "docker", "ebnf", "elixir", "elm", "erlang", "f#",
    "flow", "fortran", "gherkin", "glsl", "go", "graphql", "groovy", "haskell", "hcl", "html", "idris", "java",
    "javascript", "json", "julia", "kotlin", "latex", "less", "lisp", "livescript", "llvm ir", "lua", "makefile",
    "markdown", "markup", "matlab", "mathematica", "mermaid", "nix", "notion formula", "objective-c", "ocaml",
    "pascal", "perl", "php", "plain text", "powershell", "prolog", "protobuf", "purescript", "python", "r",
    "racket", "reason", "ruby", "rust", "sass", "scala", "scheme", "scss", "shell", "smalltalk", "solidity", "sql",
    "swift", "toml", "typescript", "vb.net", "verilog", "vhdl", "visual basic", "webassembly", "xml", "yaml",
    "java/c/c++/c#",
})  # fmt: skip

_ALIASES = {
    "py": "python", "python3": "python", "js": "javascript", "jsx": "javascript", "mjs": "javascript",
    "node": "javascript", "ts": "typescript", "tsx": "typescript", "sh": "shell", "zsh": "shell", "console": "shell",
    "shell-session": "shell", "shellscript": "shell", "yml": "yaml", "md": "markdown", "golang": "go", "rs": "rust",
    "rb": "ruby", "cs": "c#", "csharp": "c#", "cpp": "c++", "cxx": "c++", "cc": "c++", "h": "c", "hpp": "c++",
    "fs": "f#", "fsharp": "f#", "dockerfile": "docker", "tf": "hcl", "terraform": "hcl", "proto": "protobuf",
    "ps1": "powershell", "pwsh": "powershell", "kt": "kotlin", "objc": "objective-c", "objectivec": "objective-c",
    "tex": "latex", "patch": "diff", "gql": "graphql", "make": "makefile", "jsonc": "json", "json5": "json",
    "htm": "html", "svg": "xml", "vb": "vb.net", "wasm": "webassembly", "ex": "elixir", "exs": "elixir",
    "hs": "haskell", "pl": "perl", "asm": "assembly", "text": "plain text", "txt": "plain text",
    "plaintext": "plain text", "postgresql": "sql", "mysql": "sql", "psql": "sql", "sqlite": "sql",
}  # fmt: skip
