"""The dashboard in a real browser, on a server with traffic: every page does its job."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from gateway.adapters.store import SqliteStore
from tests.browser.chromium import chromium, visit
from tests.browser.traffic import flagged, traffic
from tests.support.house_server import Gateway, House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TOKEN = "the-operators-own-token"
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
IMAGES = Path(__file__).parents[2] / "docs" / "img"
WANTED = os.environ.get("DASHBOARD_IMAGES", "") == "1"
"""Set to write the screenshots of the documentation anew."""

PAGES = ("overview", "calls", "answers", "missed", "try", "tune", "import")
SERIOUS = """
async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`)
"""

TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def gateway(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A server of the module's own, after a day of calls."""
    copy = house.copy(tmp_path_factory.mktemp("dashboard") / "store")
    store = SqliteStore(copy.folder)
    store.write(traffic())
    for turn, verdict in flagged():
        store.flag(turn, verdict)
    store.close()
    settings = {"FRONTLINE_ADMIN__TOKEN": TOKEN, "FRONTLINE_PRICES__AGENT_TURN": "0.04"}
    with Gateway(copy, settings) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, gateway: Gateway, place: str = "overview") -> None:
    page.goto(f"{gateway.url}dashboard#/{place}")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    ready(page, place)


def ready(page: Page, place: str) -> None:
    name = place.partition("/")[0]
    # A minute: misses are grouped by a process that gives way to whatever else the machine does.
    page.locator(f"main[data-page={name}][data-ready=yes]").wait_for(timeout=60_000)


def go(page: Page, place: str) -> None:
    page.evaluate("place => { location.hash = `#/${place}`; }", place)
    ready(page, place)
    page.wait_for_timeout(60)
    ready(page, place)


def hold(page: Page, address: str) -> list[Route]:
    """The requests to an address, none of which is answered."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(address, keep)
    return held


def test_a_wrong_token_is_told_and_nothing_is_shown(page: Page, gateway: Gateway) -> None:
    page.goto(f"{gateway.url}dashboard")
    page.get_by_label("Token").fill("not-the-token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#sign-in-wrong")).to_contain_text("does not know this token")
    expect(page.locator("main")).to_be_empty()


def test_no_page_has_a_serious_fault(page: Page, gateway: Gateway) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    sign_in(page, gateway)
    page.evaluate(AXE.read_text("utf-8"))
    faults: dict[str, list[str]] = {}
    for place in shown_places():
        go(page, place)
        page.locator("progress").wait_for(state="detached", timeout=60_000)
        faults[place] = looked_at(page, place)
    assert {place: found for place, found in faults.items() if found} == {}
    assert complaints == []
    assert [url for url in requests if not url.startswith((gateway.url, "blob:"))] == []


def looked_at(page: Page, place: str) -> list[str]:
    """The faults of a page as it is, in light and in dark, and on a phone."""
    found: list[str] = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        found += page.evaluate(SERIOUS)
        picture(page, place, scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(100)
    if (over := page.evaluate(TOO_WIDE)) > 0:
        found.append(f"{over} px wider than a phone")
    picture(page, place, "phone")
    page.set_viewport_size({"width": 1280, "height": 860})
    return found


def shown_places() -> tuple[str, ...]:
    """Every page, a call and an answer opened, a sentence asked."""
    opened = ("calls/call-3", "answers/hours", "try/when do you close on christmas")
    return ("overview", "calls", "missed", "tune", "import", *opened)


def picture(page: Page, place: str, kind: str) -> None:
    """The screenshot of the documentation, if it was asked for."""
    if not WANTED:
        return
    IMAGES.mkdir(exist_ok=True)
    name = place.replace("/call-3", "-one").partition("/")[0]
    page.wait_for_timeout(300)
    page.screenshot(path=IMAGES / f"dashboard-{name}-{kind}.png", scale="css")


def test_every_page_does_its_job(page: Page, gateway: Gateway) -> None:
    sign_in(page, gateway)
    expect(page.locator("#live")).to_have_text("Live")
    hits = page.locator(".tile.hit .note")
    before = number(hits.inner_text())

    # An answer is written, reviewed as a diff, published and heard.
    page.keyboard.press("3")
    ready(page, "answers")
    page.get_by_role("link", name="New answer").click()
    page.get_by_label("Questions").fill("can i bring my dog\nare dogs allowed inside")
    page.get_by_label("Answer", exact=True).fill("Dogs are welcome if they are on a lead.")
    page.get_by_label("Id", exact=True).fill("dogs")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.locator("#draft")).to_contain_text("1 change in the draft")
    page.get_by_role("button", name="Review and publish").click()
    review = page.locator("dialog.review")
    expect(review.locator("ins", has_text="Dogs are welcome")).to_be_visible()
    review.get_by_role("button", name="Render and publish").click()
    expect(page.locator(".toast", has_text="Catalogue 2 is live")).to_be_visible(timeout=90_000)
    hear = page.locator(".detail .hear")
    hear.click()
    expect(hear).to_have_text("■ Stop")
    expect(hear).to_have_attribute("data-heard", "yes", timeout=30_000)

    # It answers a sentence, and a call; the call's hit arrives on the chart by itself.
    go(page, "try/may i bring my dog")
    expect(page.locator(".verdict .chip")).to_have_text("Answered from cache")
    expect(page.locator(".verdict .words")).to_have_text("Dogs are welcome if they are on a lead.")
    speak = page.get_by_role("button", name="Speak")
    speak.click()
    expect(page.locator("#heard")).to_contain_text("microphone")  # there is none, or none allowed
    expect(speak).to_have_attribute("aria-pressed", "false")
    go(page, "overview")
    caller = page.context.new_page()
    visit(caller, gateway.url)
    caller.locator("#text").press_sequentially("can i bring my dog", delay=10)
    caller.locator("#text").press("Enter")
    expect(caller.locator("#live .chip")).to_have_text("Answered from cache")
    page.bring_to_front()
    expect(hits).to_contain_text(f"{before + 1} turns")
    expect(page.locator(".tile.now .value")).to_have_text("1")

    # The call as a conversation; one key flags its turn; the counter-example is one more step.
    page.keyboard.press("2")
    ready(page, "calls")
    expect(page.locator("h2").first).to_have_text("Live now: 1")
    page.locator("ol.calls a.call", has_text="can i bring my dog").click()
    turn = page.locator(".turn.chosen")
    expect(turn.locator(".ours .words")).to_have_text("Dogs are welcome if they are on a lead.")
    assert re.search(r"#/calls/[\w-]+/[\w-]+$", page.url), "the turn can be linked to"
    turn.get_by_text("Why, and where the time went").click()
    expect(turn.locator(".legend li").first).to_contain_text("ms")
    expect(turn.locator(".evidence table")).to_contain_text("can i bring my dog")
    page.keyboard.press("w")
    expect(turn.get_by_role("button", name="Wrong")).to_have_attribute("aria-pressed", "true")
    caller.close()
    turn.get_by_role("button", name="Make it a counter-example").click()
    ready(page, "answers")
    expect(page.locator("#draft")).to_contain_text("1 change in the draft")
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(".facts")).to_contain_text("1 (100 %)")

    # Rolled back, it is gone.
    page.get_by_role("button", name="Roll back to catalogue 1").click()
    expect(page.locator(".toast", has_text="Catalogue 1 is live")).to_be_visible()
    go(page, "try/can i bring my dog")
    expect(page.locator(".verdict .chip")).not_to_have_text("Answered from cache")


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def test_who_opens_one_answer_after_the_other_keeps_the_place(page: Page, gateway: Gateway) -> None:
    page.set_viewport_size({"width": 1280, "height": 420})  # the list is longer than the page
    sign_in(page, gateway, "answers")
    search, lines = page.get_by_label("Search answers"), page.locator("a.entry")
    everything = lines.count()
    last = lines.nth(everything - 1)
    last.click()
    page.locator(".detail h2").get_by_text(last.get_attribute("data-entry") or "-").wait_for()
    ready(page, "answers")
    expect(page.locator("a.entry[aria-current]")).to_be_in_viewport()
    assert page.locator(".entries").evaluate("list => list.scrollTop") > 0
    search.fill("park")
    expect(lines).not_to_have_count(everything)
    found = lines.count()
    lines.first.click()
    page.locator(".detail h2").get_by_text(
        lines.first.get_attribute("data-entry") or "-"
    ).wait_for()
    expect(search).to_have_value("park")
    expect(lines).to_have_count(found)
    go(page, "try")
    go(page, "answers")
    expect(search).to_have_value("")
    expect(lines).to_have_count(everything)


def test_a_line_that_is_drawn_anew_while_it_is_pressed_is_opened(
    page: Page, gateway: Gateway
) -> None:
    """The counts of an answer's hits arrive between press and release."""
    held = hold(page, "**/v1/stats*")
    sign_in(page, gateway, "answers")
    entry = page.locator("a.entry").nth(1)
    name = entry.get_attribute("data-entry") or "-"
    before = entry.locator(".hint").inner_text()
    entry.locator(".hint").hover()
    page.mouse.down()
    for one in held:
        body = {**one.fetch().json(), "entries": {name: {"hits": 7, "right": 0, "wrong": 0}}}
        one.fulfill(json=body)
    page.unroute("**/v1/stats*")
    expect(entry.locator(".hint")).to_contain_text("7 hits")
    assert "7 hits" not in before
    page.mouse.up()
    page.locator(".detail h2").get_by_text(name).wait_for()


def test_a_page_that_is_overtaken_while_it_loads_has_nothing_on_the_screen(
    page: Page, gateway: Gateway
) -> None:
    sign_in(page, gateway)
    held = hold(page, "**/v1/entries*")
    with page.expect_request("**/v1/entries*"):
        page.evaluate("location.hash = '#/answers'")
    go(page, "try")
    for one in held:
        one.fulfill(status=500, json={"detail": "too late"})
    page.unroute("**/v1/entries*")
    page.keyboard.press("j")  # a key of the page that came too late
    expect(page.locator("main[data-page=try] form")).to_be_visible()
    expect(page.get_by_text("This page could not be loaded")).to_have_count(0)


def test_a_miss_is_dismissed_and_another_promoted(page: Page, gateway: Gateway) -> None:
    sign_in(page, gateway, "missed")
    group = page.locator(".cluster", has_text="bitcoin")
    expect(group).to_be_visible(timeout=60_000)
    group.get_by_role("button", name="Dismiss").click()
    expect(group).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(group).to_be_visible()
    group.get_by_text("New answer…").click()
    group.get_by_label("Answer").fill("We do not deal in bitcoin.")
    group.get_by_label("Id", exact=True).fill("bitcoin")
    group.get_by_role("button", name="Render and publish").click()
    expect(page.locator(".toast", has_text="added to bitcoin")).to_be_visible(timeout=90_000)


def test_a_table_is_mapped_checked_and_its_faults_are_shown_in_place(
    page: Page, gateway: Gateway
) -> None:
    sign_in(page, gateway, "import")
    table = "What they ask,What we say,notes\ndo you sell stamps,Yes.,x\n,No question here.,y\n"
    page.get_by_label("Drop a CSV here").set_input_files(
        {"name": "shop.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    expect(page.get_by_text("Choose the column of the question")).to_be_visible()
    page.get_by_label("What they ask").select_option("question")
    page.get_by_label("What we say").select_option("answer")
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".preview .bad .fault")).to_be_visible(timeout=60_000)
    expect(page.locator(".preview tr", has=page.locator(".fault"))).to_contain_text(
        "No question here."
    )


def test_tuning_changes_nothing_until_it_is_meant(page: Page, gateway: Gateway) -> None:
    sign_in(page, gateway, "tune")
    slider, found = (
        page.get_by_label("Wrong answers that may be spoken"),
        page.locator("#budget-found"),
    )
    expect(found).to_contain_text("1.0 % of answers")
    before = found.inner_text()
    slider.focus()
    page.keyboard.press("End")
    expect(found).to_contain_text("5.0 % of answers")
    assert found.inner_text() != before
    expect(page.get_by_text("match.max_wrong_rate = 0.05")).to_be_visible()
    expect(page.get_by_role("img", name="Score that an answer needs")).to_be_visible()
    page.get_by_role("button", name="shadow", exact=True).click()
    expect(page.get_by_role("button", name="shadow", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.locator(".toast").last.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="live", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_without_events_it_asks_again_and_again(page: Page, gateway: Gateway) -> None:
    page.clock.install()
    page.route("**/admin/v1/events*", lambda route: route.abort())
    sign_in(page, gateway)
    expect(page.locator("#live")).to_have_text("Asking every 5 s")
    for _ in range(2):
        with page.expect_response("**/admin/v1/stats*", timeout=60_000) as asked:
            while not asked.is_done():  # a look may be under way, after which the page rests
                page.clock.run_for(1_000)


def test_a_session_lasts_until_it_is_ended(page: Page, gateway: Gateway) -> None:
    sign_in(page, gateway, "tune")
    page.reload()
    ready(page, "tune")
    assert TOKEN not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#sign-in")).to_be_visible()
    page.reload()
    expect(page.locator("#sign-in")).to_be_visible()
    expect(page.locator("main")).to_be_empty()
