"""The page against a gateway that says exactly what the test wants: failures, and frames."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.chromium import MICROPHONE, chromium, until, visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

STARTED = json.dumps({"type": "started", "call_id": "c", "audio": {}})


class Script:
    """The other end of every WebSocket the page opens."""

    def __init__(self, page: Page, reply: Callable[[WebSocketRoute, Any], None]) -> None:
        self.messages: list[Any] = []
        self.frames: list[bytes] = []
        self.closed = 0
        self.reply = reply
        page.route_web_socket("**/v1/call", self._open)

    def _open(self, socket: WebSocketRoute) -> None:
        def took(message: str | bytes) -> None:
            if isinstance(message, bytes):
                self.frames.append(message)
                return
            self.messages.append(json.loads(message))
            self.reply(socket, self.messages[-1])

        socket.on_message(took)

    def of(self, kind: str) -> list[Any]:
        """The messages of one type."""
        return [message for message in self.messages if message["type"] == kind]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(*MICROPHONE) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(permissions=["microphone"])
    yield context.new_page()
    context.close()


def answering(socket: WebSocketRoute, message: Any) -> None:
    """Say hello, and nothing else."""
    if message["type"] == "start":
        socket.send(STARTED)


def breaking(socket: WebSocketRoute, message: Any) -> None:
    """Break off at a whole turn. Not at a partial, which may still be under way: the page would
    connect anew for the turn, and meet a gateway that breaks off before it is there."""
    if message["type"] == "final":
        socket.close(code=1011)


def closing(code: int, reason: str = "") -> Callable[[WebSocketRoute, Any], None]:
    """Hang up on the start message."""

    def reply(socket: WebSocketRoute, message: Any) -> None:
        if message["type"] == "start":
            socket.close(code=code, reason=reason)

    return reply


@pytest.mark.parametrize(
    ("code", "words", "button"),
    [
        (1013, "All lines are busy", "Try again"),
        (4401, "did not accept the token", "Enter a token"),
        (1007, "ended the call: malformed", "Call again"),
        (1000, "could not take the call", "Try again"),
        (1011, "cannot be reached", "Reconnect"),
        (1012, "restarting", "Reconnect"),
    ],
)
def test_a_refused_call_is_told_in_words(
    page: Page, live_server: Any, code: int, words: str, button: str
) -> None:
    Script(page, closing(code, "malformed"))
    visit(page, live_server.url)
    page.locator("#text").press_sequentially("hello")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(words)
    expect(alert.get_by_role("button", name=button)).to_be_visible()
    expect(page.locator("#status")).to_have_text("Not connected")


def test_a_line_that_breaks_can_be_mended(page: Page, live_server: Any) -> None:
    script = Script(page, answering)
    visit(page, live_server.url)
    page.locator("#text").press_sequentially("hello")
    expect(page.locator("#status")).to_have_text("Connected")
    script.reply = breaking
    page.locator("#text").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The line to the gateway broke")
    script.reply = answering
    page.get_by_role("button", name="Reconnect").click()
    expect(page.locator("#text")).to_be_focused()
    page.locator("#text").press_sequentially("hello again")
    expect(page.locator("#status")).to_have_text("Connected")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_refused_token_is_asked_for_and_kept_for_the_tab_alone(
    page: Page, live_server: Any
) -> None:
    Script(page, closing(4401))
    visit(page, live_server.url)
    page.locator("#text").press_sequentially("a")
    page.get_by_role("button", name="Enter a token").click()
    dialog = page.get_by_role("dialog", name="This gateway asks for a token")
    dialog.get_by_label("Token").fill("kørsel?")
    dialog.get_by_role("button", name="Use it").click()
    expect(dialog).to_be_hidden()
    assert page.evaluate("sessionStorage['frontline.token']") == "kørsel?"
    assert page.evaluate("localStorage.length") == 0
    offered = page.evaluate(
        "import('/static/call.js').then(call => call.asProtocol('kørsel?'))"
    ).removeprefix("token.")
    padded = offered + "=" * (-len(offered) % 4)
    assert base64.urlsafe_b64decode(padded).decode() == "kørsel?"


def test_keystrokes_are_sent_ten_a_second_and_the_last_one_always(
    page: Page, live_server: Any
) -> None:
    script = Script(page, answering)
    page.clock.install()
    visit(page, live_server.url)
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.locator("#text").press_sequentially("when")
    expect(page.locator("#status")).to_have_text("Connected")
    assert [partial["text"] for partial in script.of("partial")] == ["w"]
    page.clock.run_for(100)
    page.locator("#text").press_sequentially(" do you")
    page.clock.run_for(100)
    page.locator("#text").press("Enter")
    expect(page.locator("#text")).to_have_value("")
    said = [(m["type"], m["text"]) for m in script.messages if "text" in m]
    assert said == [
        ("partial", "w"),
        ("partial", "when"),
        ("partial", "when do you"),
        ("final", "when do you"),
    ]
    revisions = [partial["revision"] for partial in script.of("partial")]
    assert revisions == sorted(set(revisions))


def test_the_microphone_is_sent_as_20_ms_frames_of_pcm16(page: Page, live_server: Any) -> None:
    script = Script(page, answering)
    visit(page, live_server.url)
    talk = page.get_by_role("button", name="Talk")
    talk.click()
    expect(talk).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#status")).to_have_text("Listening")
    # the fake device beeps once a second: wait until the level meter has seen it
    until(page, "() => document.body.style.getPropertyValue('--loud') > 0.2")
    talk.click()
    expect(talk).to_have_attribute("aria-pressed", "false")
    start = script.of("start")[0]
    assert start["audio"] == {"encoding": "pcm_s16le", "sample_rate": 16000}
    assert start["stt"] == "server"
    assert start["tenant"] == live_server.tenant
    assert script.frames
    assert {len(frame) for frame in script.frames} == {640}
    assert script.messages[-1] == {"type": "end"}


def test_a_refused_microphone_is_told_in_words(browser: Browser, live_server: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => "
        "{ throw new DOMException('no', 'NotAllowedError'); };"
    )
    visit(page, live_server.url)
    page.get_by_role("button", name="Talk").click()
    expect(page.get_by_role("alert")).to_contain_text("Allow it beside the address")
    expect(page.locator("#talk")).to_have_attribute("aria-pressed", "false")
    context.close()


def test_times_of_owners_unknown_to_the_page_are_shown_all_the_same(
    page: Page, live_server: Any
) -> None:
    def reply(socket: WebSocketRoute, message: Any) -> None:
        answering(socket, message)
        if message["type"] == "final":
            timeline = {"match_ms": 4.0, "new_thing_ms": 6.0, "ttfa_ms": 10.0, "heard_ms": 2500.0}
            decision = {"type": "decision", "turn": 1, "path": "elsewhere", "confidence": 0.5}
            socket.send(json.dumps(decision))
            socket.send(json.dumps({"type": "turn", "turn": 1, "timeline": timeline}))

    Script(page, reply)
    visit(page, live_server.url)
    page.locator("#text").fill("hello")
    page.locator("#text").press("Enter")
    live = page.locator("#live")
    expect(live.locator(".chip")).to_have_text("Elsewhere")
    expect(live.locator(".total")).to_have_text("10 ms")
    expect(live.locator(".legend")).to_contain_text("New thing")
    expect(live.locator(".legend .aside")).to_contain_text("Heard2500 ms")
    grow = live.locator(".piece").evaluate_all("all => all.map(e => Number(e.style.flexGrow))")
    assert grow == [4, 6]
