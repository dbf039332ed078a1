"""A real Chromium without a window, driven over its DevTools protocol: one thread, no waiting by the clock."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

from websockets.sync.client import ClientConnection, connect

from shared.backends.local.browser.chromium import PROGRAMS

Json = dict[str, Any]
PHONE, DESKTOP = (360, 740), (1280, 900)
_WAIT_S = 60.0
_FLAGS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server"),
    *("--disable-default-apps", "--disable-extensions", "--mute-audio", "--remote-debugging-port=0"),
    # What a page asks of another host is recorded before this refuses it.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)


def find_chromium() -> str | None:
    """Return the browser's program, or None."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@dataclass
class Seen:
    """What a tab did since it was opened."""

    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def trouble(self) -> list[str]:
        """Return everything a calm page has none of."""
        return self.console + self.exceptions + self.dialogs


class Browser:
    """One browser process with an empty profile. Use it as a context manager."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        program = find_chromium()
        assert program, "no Chromium on this machine"
        root = ("--no-sandbox",) if os.geteuid() == 0 else ()
        self._process = subprocess.Popen(
            [program, *_FLAGS, *root, f"--user-data-dir={self._profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._held = ExitStack()
            self._socket: ClientConnection = self._held.enter_context(
                connect(self._address(), max_size=None, proxy=None)
            )
        except BaseException:
            self._end()
            raise
        self._last = 0
        self._tabs: dict[str, Tab] = {}

    def _address(self) -> str:
        """Wait until the browser has written where it listens."""
        told = Path(self._profile.name) / "DevToolsActivePort"
        ends = time.monotonic() + _WAIT_S
        while time.monotonic() < ends:
            lines = told.read_text().splitlines() if told.exists() else []
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            assert self._process.poll() is None, f"Chromium ended with {self._process.returncode} at its start"
            time.sleep(0.02)
        raise AssertionError(f"Chromium did not listen within {_WAIT_S:.0f} s")

    def call(self, method: str, session: str = "", **params: Any) -> Json:
        """Make a call and return its result; what happens meanwhile is noted."""
        number = self.send(method, session, **params)
        while True:
            message = self.receive()
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return dict(message["result"])

    def send(self, method: str, session: str = "", **params: Any) -> int:
        """Make a call without waiting for its result."""
        self._last += 1
        message: Json = {"id": self._last, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        return self._last

    def receive(self) -> Json:
        """Take the next message; an event goes to its tab first."""
        message: Json = json.loads(self._socket.recv(_WAIT_S))
        tab = self._tabs.get(message.get("sessionId", ""))
        if tab and "method" in message:
            tab.note(message["method"], message["params"])
        return message

    @contextmanager
    def tab(self, size: tuple[int, int] = DESKTOP, scheme: str = "light", *, scripts: bool = True) -> Iterator[Tab]:
        """Open a tab without cookies of others, and close it at the end."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._tabs[session] = tab = Tab(self, session)
        try:
            tab.prepare(size, scheme, scripts)
            yield tab
        finally:
            del self._tabs[session]
            self.call("Target.disposeBrowserContext", browserContextId=context)

    def close(self) -> None:
        """End the browser and take its profile away."""
        try:
            self.send("Browser.close")
            self._process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            pass
        self._held.close()
        self._end()

    def _end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # the group we started, in case a child outlived it
        self._process.wait(10)
        self._profile.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class Tab:
    """One page as a person sees and uses it."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self._loads = 0
        self.seen = Seen()

    def _call(self, method: str, **params: Any) -> Json:
        return self._browser.call(method, self._session, **params)

    def prepare(self, size: tuple[int, int], scheme: str, scripts: bool) -> None:
        """Set the screen and begin to watch."""
        width, height = size
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=size == PHONE,
            screenWidth=width, screenHeight=height,
        )  # fmt: skip
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self._call("Emulation.setEmulatedMedia", features=features)
        self._call("Emulation.setScriptExecutionDisabled", value=not scripts)

    def note(self, method: str, params: Json) -> None:
        """Keep what an event says."""
        match method:
            case "Page.loadEventFired":
                self._loads += 1
            case "Network.requestWillBeSent":
                asked = params["request"]["url"]
                if asked != urljoin(params["documentURL"], "/favicon.ico"):  # the browser's own idea, not the page's
                    self.seen.requests.append(asked)
            case "Runtime.consoleAPICalled":
                words = [str(one.get("value", one.get("description", ""))) for one in params["args"]]
                self.seen.console.append(f"{params['type']}: {' '.join(words)}")
            case "Log.entryAdded":
                entry = params["entry"]
                if not entry.get("url", "").endswith("/favicon.ico"):  # comes late, or not at all
                    self.seen.console.append(f"{entry['level']}: {entry['text']}")
            case "Runtime.exceptionThrown":
                self.seen.exceptions.append(json.dumps(params["exceptionDetails"])[:500])
            case "Page.javascriptDialogOpening":
                self.seen.dialogs.append(f"{params['type']}: {params['message']}")
                self._browser.send("Page.handleJavaScriptDialog", self._session, accept=True)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Wait, after what is done inside, until the page it leads to is there."""
        before = self._loads
        yield
        while self._loads == before:
            self._browser.receive()

    def open(self, url: str) -> Self:
        """Go to an address and wait until the page is there."""
        with self.loading():
            failed = self._call("Page.navigate", url=url).get("errorText")
            assert not failed, f"{url}: {failed}"
        return self

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression, once it is there when it is a promise."""
        done = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def click(self, selector: str) -> None:
        """Press the mouse in the middle of the first such element."""
        x, y = self.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            "one.scrollIntoView({block: 'center', behavior: 'instant'}); const box = one.getClientRects()[0];"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        """Press a key: Tab, Enter, Space, or an arrow by its name."""
        code = {"Tab": 9, "Enter": 13, "Space": 32, "ArrowDown": 40, "ArrowUp": 38}[key]
        text = {"Enter": "\r", "Space": " "}.get(key, "")
        name = " " if key == "Space" else key
        common: Json = {"key": name, "code": key, "windowsVirtualKeyCode": code}
        self._call("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
        self._call("Input.dispatchKeyEvent", type="keyUp", **common)

    def letter(self, letter: str) -> None:
        """Press the key of one letter."""
        self._call("Input.dispatchKeyEvent", type="keyDown", key=letter, text=letter)
        self._call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def type(self, words: str) -> None:
        """Write into what has the focus."""
        self._call("Input.insertText", text=words)

    def screenshot(self, path: Path, clip: tuple[int, int, float] | None = None) -> None:
        """Write a picture of the whole page, or of its upper left: so wide, so high, at that scale."""
        part: Json = {}
        if clip is not None:
            width, height, scale = clip
            part = {"clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}}
        taken = self._call("Page.captureScreenshot", captureBeyondViewport=True, **part)
        path.write_bytes(base64.b64decode(taken["data"]))
