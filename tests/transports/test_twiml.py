"""TwiML, against what Twilio's own builder makes."""

from __future__ import annotations

from xml.etree.ElementTree import canonicalize

from twilio.twiml.voice_response import VoiceResponse

from gateway.transports import twiml


def same(ours: str, theirs: VoiceResponse) -> bool:
    return canonicalize(ours) == canonicalize(str(theirs))


def test_a_stream_with_parameters_and_a_way_out() -> None:
    told = {"tenant": 'a"<&>', "from": "+1555", "long": "x" * 600}
    ours = twiml.streamed("wss://h/twilio/media/t", told, "https://h/s", "+15551234567", "1#")
    response = VoiceResponse()
    response.play(digits="1#")
    connect = response.connect()
    stream = connect.stream(url="wss://h/twilio/media/t", status_callback="https://h/s")
    stream.parameter(name="tenant", value='a"<&>')
    stream.parameter(name="from", value="+1555")
    stream.parameter(name="long", value="x" * 495)
    response.dial().number("+15551234567")
    assert same(ours, response)


def test_destinations() -> None:
    number, sip, queue = VoiceResponse(), VoiceResponse(), VoiceResponse()
    number.dial().number("+15551234567")
    sip.dial().sip("sip:desk@example.com")
    queue.enqueue("cards")
    assert same(twiml.dialled("+15551234567"), number)
    assert same(twiml.dialled("sip:desk@example.com"), sip)
    assert same(twiml.dialled("queue:cards"), queue)
