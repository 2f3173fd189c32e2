"""A headless Chromium that a test can drive: its DevTools protocol over a pipe, with no package."""

import base64
import json
import shutil
import subprocess
import threading
import time
from pathlib import Path
from queue import Queue

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
]  # fmt: skip
TIMEOUT_S = 60
LEFT_BUTTON = {"button": "left", "clickCount": 1}


class Chromium:
    """One browser with one page. Use it as a context."""

    def __init__(self, profile: Path, *flags: str) -> None:
        # Chromium reads file 3 and writes file 4.
        script = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1'
        flags = [*FLAGS, *flags, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        command = ["sh", "-c", script, "sh", CHROMIUM, *flags]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.messages: Queue[dict] = Queue()
        threading.Thread(target=self._receive, daemon=True).start()
        self.number = 0
        self.requests: list[str] = []  # URLs that the page has asked for
        self.session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Network.enable")
        self.call("Network.setCacheDisabled", cacheDisabled=True)
        self.call("Page.setInterceptFileChooserDialog", enabled=True)

    def __enter__(self) -> "Chromium":
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()

    def _receive(self) -> None:
        content = b""
        while chunk := self.process.stdout.read1():
            *messages, content = (content + chunk).split(b"\0")
            for message in map(json.loads, messages):
                if message.get("method") == "Network.requestWillBeSent":
                    self.requests.append(message["params"]["request"]["url"])
                self.messages.put(message)

    def call(self, method: str, **params) -> dict:
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session and not method.startswith("Browser."):
            message["sessionId"] = self.session
        self.process.stdin.write(json.dumps(message).encode() + b"\0")
        self.process.stdin.flush()
        answer = self._wait_for(lambda one: one.get("id") == self.number)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _wait_for(self, is_it) -> dict:
        while not is_it(message := self.messages.get(timeout=TIMEOUT_S)):
            if message.get("method") == "Page.fileChooserOpened":
                self.chooser = message["params"]["backendNodeId"]
        return message

    def open(self, url: str) -> None:
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)

    def value(self, expression: str):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait(self, expression: str):
        """The expression's value, no element, as soon as it is true."""
        end = time.monotonic() + TIMEOUT_S
        while not (value := self.value(expression)):
            assert time.monotonic() < end, f"{expression} in vain; the page: {self.value('document.body.innerText')}"
            time.sleep(0.02)
        return value

    def click(self, selector: str) -> None:
        place = self.value(f"""(() => {{
            const box = document.querySelector('{selector}').getBoundingClientRect();
            return {{x: box.x + 20, y: box.y + box.height / 2}};
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **place, **LEFT_BUTTON)

    def choose(self, selector: str, path: Path) -> None:
        """Chooses a file as a visitor does: a click, and a file in the dialog that opens."""
        self.chooser = None
        self.click(selector)
        end = time.monotonic() + TIMEOUT_S
        while self.chooser is None:
            assert time.monotonic() < end, "no dialog opened"
            self.value("0")
        self.call("DOM.setFileInputFiles", files=[str(path)], backendNodeId=self.chooser)

    def press(self, key: str) -> None:
        """Presses a key: "Tab", "Enter"."""
        codes = {"Tab": 9, "Enter": 13}
        told = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        self.call("Input.dispatchKeyEvent", type="keyDown", **told, **({"text": "\r"} if key == "Enter" else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def type(self, selector: str, text: str) -> None:
        """Types the text in place of what stands there."""
        self.value(f"document.querySelector('{selector}').select()")
        self.call("Input.insertText", text=text)

    def show(self, width: int, height: int, scheme: str = "light", scale: float = 1) -> None:
        """Shows the page on a screen of that size, by day ("light") or by night ("dark"); nothing moves."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.call("Emulation.setScrollbarsHidden", hidden=True)
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        told = [{"name": name, "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=told)

    def picture(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])
