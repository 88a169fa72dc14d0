"""The page against the real gateway: it loads, calls, shows, plays, and can be read by anybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import chromium, until, visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

TAP = "() => { window.frontlineTap = []; }"

HEARD = "kind => window.frontlineTap.filter(entry => entry.kind === kind).length"

CLEARED = """
() => window.frontlineTap.some(
  ({ kind, generation, dropped }) => kind === "clear" && generation > 0 && dropped > 0)
"""

CONTRASTS = """
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (colour) => {
    const [r, g, b] = [...rgba(colour)].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    if (element.closest("[disabled], script, noscript, option")) continue;
    const [a, b] = [getComputedStyle(element).color, behind(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const name = element.id || element.className || element.tagName;
    found[name] = Math.min(found[name] ?? 99, ratio);
  }
  return found;
}
"""
"""Contrast of every visible text against what lies behind it (WCAG 2.2, relative luminance)."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def ask(page: Page) -> str:
    """Type the first thing the page proposes, and wait until it is decided and accounted for."""
    question = page.locator("#suggestions button").first.inner_text()
    page.locator("#text").press_sequentially(question, delay=15)
    page.locator("#text").press("Enter")
    expect(page.locator("#live .chip")).to_be_visible()
    expect(page.locator("#live .timeline .total")).to_be_visible()
    return question


def test_loads_from_its_own_house_alone(page: Page, live_server: Any) -> None:
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    visit(page, live_server.url)
    expect(page.locator("#tenant")).to_have_value(live_server.tenant)
    ask(page)  # the audio worklet is loaded now too
    assert complaints == []
    assert len(requests) > 10
    home = urlsplit(live_server.url).netloc
    assert [url for url in requests if urlsplit(url).netloc != home] == []


def test_a_typed_question_is_decided_shown_and_heard_to_its_end(
    page: Page, live_server: Any
) -> None:
    visit(page, live_server.url)
    page.evaluate(TAP)
    question = ask(page)
    live = page.locator("#live")
    expect(live.locator(".said")).to_have_text(question)
    expect(live.locator(".chip-cache")).to_have_text("Answered from cache")
    expect(live.locator(".question .value")).not_to_be_empty()
    expect(live.get_by_role("meter", name="Confidence")).to_be_visible()
    expect(live.locator(".answer")).not_to_be_empty()
    expect(live.locator(".legend li").first).to_contain_text("ms")
    expect(live.locator(".here")).to_contain_text("after Enter")
    expect(page.locator("#status")).to_have_text("Answering")
    expect(page.locator("#status")).to_have_text("Connected", timeout=60_000)
    assert page.evaluate(HEARD, "mark") > 0
    peak = page.evaluate(
        """() => Math.max(...window.frontlineTap.filter(entry => entry.kind === "received")
             .map(entry => Math.max(...entry.samples)))"""
    )
    assert peak > 3000  # speech, not silence: a tenth of full scale at least


def test_typing_while_it_speaks_silences_it(page: Page, live_server: Any) -> None:
    visit(page, live_server.url)
    page.evaluate(TAP)
    ask(page)
    expect(page.locator("#status")).to_have_text("Answering")
    page.locator("#text").press_sequentially("no wait I have another question")
    until(page, CLEARED)
    expect(page.locator("body")).not_to_have_class("playing")
    expect(page.locator("#history .answer")).to_have_class("answer cut")


def test_a_suggestion_is_spoken_word_by_word(page: Page, live_server: Any) -> None:
    visit(page, live_server.url)
    button = page.locator("#suggestions button").first
    question = button.inner_text()
    button.click()
    said = page.locator("#live .said")
    expect(said).not_to_be_empty()
    assert said.inner_text().strip() != question  # not all at once
    expect(page.locator("#live .chip")).to_be_visible()
    expect(said).to_have_text(question)


def test_everything_that_can_be_pressed_or_filled_has_a_name(page: Page, live_server: Any) -> None:
    visit(page, live_server.url)
    expect(page.get_by_role("button", name="Talk", pressed=False)).to_be_visible()
    expect(page.get_by_role("textbox", name="Or type it")).to_be_visible()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name="Calling")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Ready")
    expect(page.get_by_role("heading", level=1)).to_have_text("Frontline")
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator("#talk").focus()
    assert page.locator("#talk").evaluate("e => getComputedStyle(e).outlineStyle") != "none"
    nameless = page.locator("button, input, select").evaluate_all(
        "all => all.filter(e => !(e.ariaLabel || e.innerText?.trim() || e.labels?.length) "
        "&& e.checkVisibility()).map(e => e.outerHTML)"
    )
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(browser: Browser, live_server: Any, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    visit(page, live_server.url)
    ask(page)
    page.locator("#text").press_sequentially("and tell me")
    expect(page.locator("#history summary .chip")).to_be_visible()
    page.evaluate("document.querySelector('#notice').hidden = false")
    page.evaluate("document.querySelector('#notice-text').textContent = 'Something is amiss.'")
    contrasts = page.evaluate(CONTRASTS)
    context.close()
    assert {"status", "text-hint", "tentative", "notice-text", "gist", "ms"} <= set(contrasts)
    assert {name: ratio for name, ratio in contrasts.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("width", [320, 360])
def test_nothing_is_wider_than_a_phone(browser: Browser, live_server: Any, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 640}, has_touch=True)
    page = context.new_page()
    visit(page, live_server.url)
    ask(page)
    page.locator("#text").fill("supercalifragilisticexpialidocious" * 5)
    page.locator("#history summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in ("#talk", "#ask", "#tenant"):
        box = page.locator(control).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert min(box["width"], box["height"]) >= 44  # a fingertip
    context.close()
