"""Pages for people: a repository with its files, one file, and a pull request with its diff."""

import re
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from shared.local.simulators._page import diff, page

if TYPE_CHECKING:
    from shared.local.simulators.github.simulator import GitHubSimulator

Json = dict[str, Any]
MAX_SHOWN = 400_000

# First words of the API; everything else of two parts or more is an owner and a repository.
_API = frozenset({"app", "installation", "meta", "orgs", "rate_limit", "repos", "search", "user", "users"})
_PATH = re.compile(r"/(?P<owner>[\w.-]+)/(?P<repo>[\w.-]+)(/(?P<kind>tree|blob|raw|pull|commit)/(?P<rest>.+))?/?")


def answer(sim: "GitHubSimulator", request: Request) -> Response | None:
    """Show a page, or None when the address is not one of a page."""
    if request.path == "/" and request.method == "GET":
        return _home(sim)
    match = _PATH.fullmatch(request.path)
    if match is None or match["owner"] in _API or match["owner"].startswith("_") or request.method != "GET":
        return None
    with sim.lock:
        repo = sim.state["repos"].get(f"{match['owner']}/{match['repo']}".lower())
        if repo is None:
            return page("Not found", "<h1>Not found</h1><p>There is no such repository.</p>", 404)
        shown = _render_page(sim, repo, match["kind"], match["rest"] or "")
    return shown or page("Not found", "<h1>Not found</h1><p>There is nothing at this address.</p>", 404)


def _render_page(sim: "GitHubSimulator", repo: Json, kind: str | None, rest: str) -> Response | None:
    if kind == "pull":
        number = rest.removesuffix("/files").removesuffix("/commits")
        found = [pull for pull in repo["pulls"] if str(pull["number"]) == number]
        return _pull(sim, repo, found[0]) if found else None
    if kind in ("blob", "raw"):
        return _file(sim, repo, rest, raw=kind == "raw")
    if kind == "commit":
        return _commit(sim, repo, rest)
    return _files(sim, repo, rest or repo["default_branch"])


def _name(repo: Json) -> str:
    return f"{repo['owner']}/{repo['name']}"


def _top(repo: Json) -> str:
    return f'<p class="soft"><a href="/{quote(_name(repo))}">{escape(_name(repo))}</a></p>'


def _home(sim: "GitHubSimulator") -> Response:
    with sim.lock:
        names = [_name(repo) for repo in sim.state["repos"].values()]
    rows = "".join(f'<li><a href="/{quote(name)}">{escape(name)}</a></li>' for name in names)
    empty = "<p>No repositories yet.</p>"
    return page("Repositories", f"<h1>Repositories</h1>{f'<ul class=rows>{rows}</ul>' if rows else empty}")


def _files(sim: "GitHubSimulator", repo: Json, branch: str) -> Response | None:
    sha = repo["refs"].get(f"refs/heads/{branch}")
    head = f"<h1>{escape(_name(repo))}</h1>"
    if repo["description"]:
        head += f"<p>{escape(repo['description'])}</p>"
    if sha is None:
        return page(_name(repo), head + "<p>This repository is empty.</p>") if not repo["refs"] else None
    git = sim.bare(repo)
    entries = [entry for entry in git.entries(sha, recursive=True) if entry.kind == "blob"]
    link = f"/{quote(_name(repo))}/blob/{quote(branch)}/"
    rows = "".join(f'<li><a href="{link}{quote(entry.path)}">{escape(entry.path)}</a></li>' for entry in entries)
    pulls = "".join(
        f'<li><a href="/{quote(_name(repo))}/pull/{pull["number"]}">{escape(pull["title"])}</a> '
        f'<span class="soft">#{pull["number"]}, {_state(pull)}</span></li>'
        for pull in reversed(repo["pulls"])
    )
    readme = next((git.content(entry.sha) for entry in entries if entry.path.lower() == "readme.md"), b"")
    body = head + f'<p class="soft">{escape(branch)} at {sha[:7]}</p><ul class="rows">{rows}</ul>'
    if pulls:
        body += f'<h2>Pull requests</h2><ul class="rows">{pulls}</ul>'
    if readme:
        body += f'<h2>README.md</h2><pre class="text">{escape(readme.decode("utf-8", "replace"))}</pre>'
    return page(_name(repo), body)


def _state(pull: Json) -> str:
    if pull["merged_at"]:
        return "merged"
    return "draft" if pull["draft"] and pull["state"] == "open" else str(pull["state"])


def _file(sim: "GitHubSimulator", repo: Json, rest: str, raw: bool) -> Response | None:
    git = sim.bare(repo)
    parts = rest.split("/")
    for cut in range(1, len(parts)):
        ref, path = "/".join(parts[:cut]), "/".join(parts[cut:])
        sha = repo["refs"].get(f"refs/heads/{ref}")
        if sha is None and re.fullmatch(r"[0-9a-f]{40}", ref) and git.kind(ref) == "commit":
            sha = ref
        found = [entry for entry in git.entries(sha, path) if entry.kind == "blob"] if sha else []
        if not found:
            continue
        content = git.content(found[0].sha)
        if raw:  # never as HTML: what a repository holds must not run as a page of this address
            headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
            return Response(content, headers=headers, content_type="text/plain; charset=utf-8")
        text = content[:MAX_SHOWN].decode("utf-8", "ignore")
        body = f'{_top(repo)}<h1>{escape(path)}</h1><pre tabindex="0">{escape(text)}</pre>'
        return page(f"{path} · {_name(repo)}", body)
    return None


def _commit(sim: "GitHubSimulator", repo: Json, sha: str) -> Response | None:
    git = sim.bare(repo)
    if not re.fullmatch(r"[0-9a-f]{40}", sha) or git.kind(sha) != "commit":
        return None
    commit = git.commit(sha)
    empty_tree = git.write_tree(None, [])
    changes = git.diff(commit.parents[0] if commit.parents else empty_tree, sha)[:MAX_SHOWN]
    body = f"{_top(repo)}<h1>{escape(commit.message.splitlines()[0] if commit.message else sha)}</h1>"
    body += f'<p class="soft">{sha}</p><pre class="text">{escape(commit.message)}</pre>{diff(changes)}'
    return page(f"{sha[:7]} · {_name(repo)}", body)


def _pull(sim: "GitHubSimulator", repo: Json, pull: Json) -> Response:
    git = sim.bare(repo)
    start = git.merge_base(pull["base_sha"], pull["head_sha"]) or pull["base_sha"]
    changes = git.diff(start, pull["head_sha"])[:MAX_SHOWN]
    comments = "".join(
        f'<li><span class="soft">{escape(comment["user"])}, {escape(comment["created_at"])}</span>'
        f'<pre class="text">{escape(comment["body"])}</pre></li>'
        for comment in repo["comments"]
        if comment["number"] == pull["number"]
    )
    body = (
        f'{_top(repo)}<h1>{escape(pull["title"])} <span class="soft">#{pull["number"]}</span></h1>'
        f'<p><span class="tag">{_state(pull)}</span> <span class="soft">{escape(pull["user"])} wants '
        f"{escape(pull['head'])} in {escape(pull['base'])}</span></p>"
        f'<pre class="text">{escape(pull["body"] or "No description.")}</pre>'
    )
    if comments:
        body += f'<h2>Conversation</h2><ul class="rows">{comments}</ul>'
    return page(f"{pull['title']} · #{pull['number']}", f"{body}<h2>Changes</h2>{diff(changes)}")
