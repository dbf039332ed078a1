"""The machine's Chromium, without a window, as a `Browser`: for pages whose authors may be hostile.

It is spoken to over two pipes (no port listens), knows no credentials, has an empty profile and home that are deleted,
resolves one host name only, and every request is held until this side has said that its address is within the site.
Run as root it would have no sandbox of its own, so then it is put into bubblewrap, or not run at all.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.backends.local.browser.chromium_pipe import Pipe
from shared.core.errors import NoBrowser
from shared.ports import Secret
from shared.ports.browser import PageLook
from shared.programs import read_program

Json = dict[str, Any]
# The first two are Chromium without anything for a window, which looks at a page for a fifth of the processor's time.
PROGRAMS = (
    *("chromium-headless-shell", "chrome-headless-shell"),
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
)
_PAGE_S, _ALL_S = 15.0, 60.0  # after which a page, and all of them, are taken as they are
_CALM_S = 0.15  # without a request after which a loaded page counts as done
_MAX = 10  # sentences of one sort about one page
_FLAGS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server"),
    *("--disable-default-apps", "--disable-extensions", "--mute-audio", "--remote-debugging-pipe"),
    *("--disable-breakpad", "--no-default-browser-check", "--password-store=basic", "--use-mock-keychain"),
)


def find_browser(wanted: str) -> Chromium:
    """Return the browser of this machine; `wanted` is "auto", "off" or a program's path. Raises NoBrowser."""
    if wanted == "off":
        raise NoBrowser("the browser is switched off here (WORKWRIGHT_BROWSER)")
    program = shutil.which(wanted) if wanted != "auto" else next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise NoBrowser(
            "Chromium is not installed here" if wanted == "auto" else f"{wanted} is not a program on this machine"
        )
    if os.geteuid() == 0 and shutil.which("bwrap") is None:
        raise NoBrowser("Chromium run by root needs bubblewrap around it, which is not installed here")
    return Chromium(program)


class Chromium:
    """One process for each call of `look`."""

    name = "chromium"

    def __init__(self, program: str, page_s: float = _PAGE_S) -> None:
        self.program = program
        self._page_s = page_s

    def look(self, urls: Sequence[str], *, within: str, headers: Mapping[str, Secret]) -> list[PageLook]:
        """Open each page, one after the other; see `Browser`."""
        with running(self.program, place_of(within)) as pipe:
            ends = time.monotonic() + _ALL_S
            return [Tab(pipe, within, headers).look(url, self._page_s, ends) for url in urls]


def place_of(url: str) -> str:
    """Return the host and port of an address, as rules for resolving names say them."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


@contextmanager
def running(program: str, place: str) -> Iterator[Pipe]:
    """Run the browser, which finds one host and port and nothing else, and return how it is spoken to."""
    to_read, to_write = os.pipe(), os.pipe()  # what the browser reads from 3, and writes to 4
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as home:
        process = _start(program, place, Path(home), to_read[0], to_write[1])
        os.close(to_read[0])
        os.close(to_write[1])
        pipe = Pipe(to_read[1], to_write[0])
        try:
            yield pipe
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the group we started
            process.wait(10)
            pipe.close()


def _start(program: str, place: str, home: Path, reads: int, writes: int) -> subprocess.Popen[bytes]:
    rules = f"--host-resolver-rules=MAP {place} {place} , MAP * ~NOTFOUND"  # sockets of other kinds obey it too
    command = [program, *_FLAGS, rules, f"--user-data-dir={home}/profile", "about:blank"]
    if os.geteuid() == 0:
        command = [*_confine_command(home), program, "--no-sandbox", *command[1:]]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", read_program("browser", "launch.py"), str(reads), str(writes), *command],
        pass_fds=(reads, writes),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"},
        cwd=home,
        start_new_session=True,
    )


def _confine_command(home: Path) -> list[str]:
    """Return what confines it: nobody's rights, the system's files to read, its own folder to write, the network."""
    folders = ("/usr", "/bin", "/lib", "/lib64", "/opt", "/etc/fonts", "/etc/chromium", "/etc/chromium.d", "/etc/ssl")
    files = ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/alternatives")
    seen = [part for path in (*folders, *files) for part in ("--ro-bind-try", path, path)]
    return [
        *("bwrap", "--unshare-all", "--share-net", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--uid", "65534", "--gid", "65534", *seen, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
        *("--bind", str(home), str(home), "--chdir", str(home)),
    ]


class _NoAnswer(NoBrowser):
    """The browser, or the page in it, is at something else."""


class Tab:
    """One page in a context of its own."""

    def __init__(self, pipe: Pipe, within: str, headers: Mapping[str, Secret]) -> None:
        self._pipe = pipe
        self._within = within
        self._headers = [{"name": name, "value": value.reveal()} for name, value in headers.items()]
        self._session = ""
        self._loaded = False
        self._busy = 0
        self._answers: dict[int, Json] = {}
        self.seen: dict[str, dict[str, None]] = {sort: {} for sort in ("console", "failed", "foreign")}

    def look(self, url: str, page_s: float, ends: float) -> PageLook:
        """Open the page and return what was seen of it in so many seconds."""
        context = self.open(ends)
        until = min(ends, time.monotonic() + page_s)
        self.go(url, until)
        found = self._blockers(until)
        self._session = ""
        self.call("Target.disposeBrowserContext", ends + 5, browserContextId=context)
        return PageLook(url, **{sort: tuple(messages)[:_MAX] for sort, messages in self.seen.items()}, blockers=found)

    def open(self, ends: float) -> str:
        """Open an empty tab in a context of its own, and return the context."""
        context = self.call("Target.createBrowserContext", ends)["browserContextId"]
        target = self.call("Target.createTarget", ends, url="about:blank", browserContextId=context)["targetId"]
        self._session = self.call("Target.attachToTarget", ends, targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable", ends)
        self.call("Browser.setDownloadBehavior", ends, behavior="deny", browserContextId=context)
        stages = [{"requestStage": stage} for stage in ("Request", "Response")]
        self.call("Fetch.enable", ends, patterns=stages)
        return str(context)

    def go(self, url: str, until: float) -> None:
        """Go to an address, and wait until nothing happens there any more."""
        self._pipe.send("Page.navigate", self._session, url=url)
        self._wait_until_calm(until)

    def evaluate(self, script: str, until: float) -> Any:
        """Return what an expression comes to in the page; raises NoBrowser when its scripts never stop."""
        reply = self.call("Runtime.evaluate", until, expression=script, returnByValue=True)
        return (reply.get("result") or {}).get("value")

    def call(self, method: str, until: float, **params: Any) -> Json:
        """Make a call and return its result; raises NoBrowser when none comes in time."""
        session = "" if method.startswith(("Target.", "Browser.")) else self._session
        number = self._pipe.send(method, session, **params)
        while number not in self._answers:
            if not self._hear(until):
                raise _NoAnswer(f"Chromium did not answer {method} in time")
        return self._answers.pop(number)

    def _wait_until_calm(self, until: float) -> None:
        while time.monotonic() < until:
            calm = time.monotonic() + _CALM_S
            if not self._hear(min(until, calm)) and self._loaded and not self._busy:
                return
        if not self._loaded:
            self.seen["failed"]["the page did not load in time"] = None

    def _blockers(self, until: float) -> tuple[str, ...]:
        try:
            value = self.evaluate(read_program("browser", "blockers.js"), until + 1)
        except _NoAnswer:
            self._say("failed", "its scripts never stop running")
            return ()
        return tuple(str(each)[:200] for each in value[:_MAX]) if isinstance(value, list) else ()

    def _hear(self, until: float) -> bool:
        """Take a message, if one comes until then."""
        message = self._pipe.receive(until)
        if message is None:
            return False
        if "id" in message:
            self._answers[message["id"]] = dict(message.get("result") or {})
        elif message.get("sessionId") == self._session:
            self._note(str(message["method"]), message["params"])
        return True

    def _note(self, method: str, params: Json) -> None:
        match method:
            case "Page.loadEventFired":
                self._loaded = True
            case "Fetch.requestPaused":
                self._decide(params)
            case "Network.requestWillBeSent":
                self._busy += 1
            case "Network.loadingFinished" | "Network.loadingFailed":
                self._busy = max(0, self._busy - 1)
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "assert"):
                words = [str(argument.get("value", argument.get("description", ""))) for argument in params["args"]]
                self._say("console", f"the console says: {' '.join(words)[:200]}")
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                description = (details.get("exception") or {}).get("description") or details.get("text")
                self._say("console", f"a script failed: {str(description)[:200]}")
            case "Page.javascriptDialogOpening":
                self._say("console", f"a dialog blocks the page: {str(params['message'])[:100]}")
                self._pipe.send("Page.handleJavaScriptDialog", self._session, accept=True)

    def _decide(self, params: Json) -> None:
        """Let a request go when it stays within the site; no redirect is followed."""
        asked, number, status = str(params["request"]["url"]), params["requestId"], params.get("responseStatusCode")
        if status is None and "responseErrorReason" not in params:
            if asked.startswith(("data:", "blob:", self._within)) or asked + "/" == self._within:
                headers = [{"name": k, "value": v} for k, v in params["request"]["headers"].items()]
                self._pipe.send(
                    "Fetch.continueRequest", self._session, requestId=number, headers=[*headers, *self._headers]
                )
                return
            if not asked.endswith("/favicon.ico"):  # the browser's own idea
                self._say("foreign", f"it asks for {asked[:150]}, which is not part of the site")
            self._pipe.send("Fetch.failRequest", self._session, requestId=number, errorReason="BlockedByClient")
            return
        if status is not None and status >= 300 and status != 304:
            if not asked.endswith("/favicon.ico"):
                self._say("failed", f"{asked.removeprefix(self._within)[:150] or 'the page'} answers {status}")
            if status < 400:
                self._pipe.send("Fetch.failRequest", self._session, requestId=number, errorReason="BlockedByResponse")
                return
        self._pipe.send("Fetch.continueRequest", self._session, requestId=number)

    def _say(self, sort: str, what: str) -> None:
        if len(self.seen[sort]) < _MAX:
            self.seen[sort][what] = None
