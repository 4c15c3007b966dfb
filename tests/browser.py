"""Headless Chromium over its debugging pipe: enough to open a file, evaluate a script and take a picture.

No driver and no port: commands are JSON between two pipes, each message ended by a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

__all__ = ["Browser", "find_chromium"]

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--remote-debugging-pipe",
)  # fmt: skip


def find_chromium() -> str | None:
    """Path of an installed Chromium or Chrome, ``None`` without one."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((path for path in map(shutil.which, names) if path), None)


class Browser:
    """One tab of a fresh, headless browser. Skips the calling test where no Chromium is installed.

    Args:
        width, height (int): of the window in CSS pixels.
    """

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        path = find_chromium()
        if path is None:
            pytest.skip("no Chromium on this machine (apt-get install chromium)")
        self._home = tempfile.mkdtemp(prefix="imtdx-chromium-")
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()

        def descriptors() -> None:
            # Chromium reads commands from descriptor 3 and answers on 4; the copies leave 3 and 4 free to be overwritten
            a, b = os.dup(to_browser), os.dup(from_browser)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self._process = subprocess.Popen(
            [path, *_FLAGS, f"--user-data-dir={self._home}", f"--window-size={width},{height}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=descriptors,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._last = 0
        self.requests: list[str] = []
        self.messages: list[str] = []
        self._session: str | None = None
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._send(f"{domain}.enable")
        self.size(width, height)

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the browser that was started here."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._home, ignore_errors=True)

    # --- talking ----------------------------------------------------------------------------------------------------------

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        while True:
            answer = self._receive()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            self._event(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._in, 1 << 20)
            if not piece:
                raise RuntimeError("Chromium ended")
            self._buffer += piece
        head, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(head)
        return message

    def _event(self, event: dict[str, Any]) -> None:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Log.entryAdded":
            self.messages.append(parameters["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description") or details["text"])

    # --- using ------------------------------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._send("Page.navigate", url=path.resolve().as_uri())
        for _ in range(600):
            if self.run("document.readyState") == "complete" and self.run("location.href") != "about:blank":
                return
            time.sleep(0.05)
        raise RuntimeError(f"{path} did not load")

    def run(self, script: str) -> Any:
        """Value of a script in the page; a promise is waited for.

        Raises:
            RuntimeError: the script threw.
        """
        answer = self._send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def size(self, width: int, height: int, scale: float = 1) -> None:
        """Size of the window (CSS pixels) and pixels per CSS pixel."""
        self._send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def media(self, kind: str = "", dark: bool = False) -> None:
        """Pretend to be a medium ("print") and to prefer the dark."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self._send("Emulation.setEmulatedMedia", media=kind, features=features)

    def scripts(self, allowed: bool) -> None:
        """Whether pages may run scripts, from the next page on."""
        self._send("Emulation.setScriptExecutionDisabled", value=not allowed)

    def key(self, key: str) -> None:
        """Press and release a key, by its DOM name."""
        codes = {"Tab": 9, "ArrowRight": 39, "ArrowLeft": 37, "ArrowDown": 40, "ArrowUp": 38, " ": 32, "Enter": 13}
        text = {" ": " ", "Enter": "\r"}.get(key, "")
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            self._send(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key], **extra
            )

    def picture(self, path: Path, full: bool = False) -> None:
        """Save a screenshot as PNG."""
        data = self._send("Page.captureScreenshot", format="png", captureBeyondViewport=full)
        path.write_bytes(base64.b64decode(data["data"]))

    def pdf(self, path: Path, letter: bool = False) -> None:
        """Print to PDF on A4 or Letter."""
        paper = (8.5, 11.0) if letter else (8.27, 11.69)
        data = self._send("Page.printToPDF", paperWidth=paper[0], paperHeight=paper[1], printBackground=True)
        path.write_bytes(base64.b64decode(data["data"]))
