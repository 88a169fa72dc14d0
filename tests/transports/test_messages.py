"""Every message of the native call's client, good and bad."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ClientError
from gateway.ports.sound import AudioFormat, Encoding
from gateway.transports.messages import (
    KNOWN,
    LONGEST_FACT,
    MAX_TEXT,
    MOST_FACTS,
    AudioSpec,
    Dtmf,
    End,
    Final,
    Mark,
    Message,
    Partial,
    Start,
    decode,
)

GOOD: list[tuple[dict[str, Any], Message]] = [
    ({"type": "start"}, Start()),
    (
        {
            "type": "start",
            "tenant": "bank",
            "locale": "en-GB",
            "audio": {"encoding": "mulaw", "sample_rate": 8000},
            "stt": "client",
            "caller": {"number": "+15550100"},
        },
        Start(
            audio=AudioSpec("mulaw", 8000),
            tenant="bank",
            locale="en-GB",
            stt="client",
            caller={"number": "+15550100"},
        ),
    ),
    ({"type": "partial", "text": "when"}, Partial("when")),
    ({"type": "partial", "text": "when", "revision": 3}, Partial("when", 3)),
    ({"type": "final", "text": "when?"}, Final("when?")),
    ({"type": "final", "text": "when?", "confidence": 0.5}, Final("when?", 0.5)),
    ({"type": "mark", "name": "g1:250"}, Mark("g1:250")),
    ({"type": "dtmf", "digit": "#"}, Dtmf("#")),
    ({"type": "end"}, End()),
    ({"type": "end", "unheard-of": [1, 2]}, End()),
]


@pytest.mark.parametrize(("sent", "message"), GOOD, ids=lambda one: str(one)[:40])
def test_good_messages(sent: dict[str, Any], message: Message) -> None:
    assert decode(json.dumps(sent)) == message
    assert decode(json.dumps(sent).encode()) == message


def test_every_known_type_is_among_the_good() -> None:
    assert {sent["type"] for sent, _ in GOOD} == KNOWN


@pytest.mark.parametrize(
    "frame", ['{"type":"hello"}', '{"type":"","text":"x"}', '{"text":{"type":"end"},"type":"x"}']
)
def test_unknown_types_are_no_error(frame: str) -> None:
    assert decode(frame) is None


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "{",
        '{"type":"end"',
        '{"type":"end"} trailing',
        '{"type":"hello",',
        '{"type":"hello","deep":' + "[" * 30_000,
        '{"type":"end","deep":' + "[" * 30_000,
        "null",
        "[]",
        '"end"',
        "{}",
        '{"type":3}',
        '{"type":null}',
        '{"type":"partial"}',
        '{"type":"partial","text":null}',
        '{"type":"partial","text":"\\ud800"}',
        '{"type":"partial","text":"x","revision":1e999}',
        '{"type":"final","text":"x","confidence":1.5}',
        '{"type":"final","text":"x","confidence":-0.1}',
        '{"type":"final","text":"x","confidence":"high"}',
        '{"type":"final","text":"x","confidence":NaN}',
        '{"type":"dtmf","digit":"12"}',
        '{"type":"dtmf","digit":"a"}',
        '{"type":"dtmf","digit":"1\\n"}',
        '{"type":"dtmf","digit":""}',
        '{"type":"mark"}',
        '{"type":"start","audio":{"encoding":"mp3","sample_rate":8000}}',
        '{"type":"start","audio":{"encoding":"mulaw"}}',
        '{"type":"start","audio":{"encoding":"mulaw","sample_rate":11025}}',
        '{"type":"start","stt":"both"}',
        '{"type":"start","caller":"me"}',
        b"\xff\xfe",
        b'{"type":"partial","text":"\xff"}',
    ],
    ids=lambda frame: repr(frame[:50]),
)
def test_malformed_frames_name_the_fault(frame: str | bytes) -> None:
    with pytest.raises(ClientError) as wrong:
        decode(frame)
    assert wrong.value.code == "malformed"
    assert str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_text_has_a_longest() -> None:
    assert decode(json.dumps({"type": "partial", "text": "x" * MAX_TEXT}))
    with pytest.raises(ClientError, match="length"):
        decode(json.dumps({"type": "partial", "text": "x" * (MAX_TEXT + 1)}))


@given(st.text() | st.binary())
def test_whatever_is_sent_is_a_message_or_the_clients_error(frame: str | bytes) -> None:
    try:
        decode(frame)
    except ClientError as error:
        assert error.code == "malformed"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
KEYS = ["text", "revision", "confidence", "name", "digit", "audio", "stt", "caller", "tenant"]


@given(
    st.sampled_from([*sorted(KNOWN), "hello"]),
    st.dictionaries(st.sampled_from(KEYS), json_values),
    st.integers(min_value=0, max_value=12),
)
def test_half_right_messages_too(kind: str, fields: dict[str, Any], cut: int) -> None:
    frame = json.dumps({"type": kind, **fields})
    try:
        decode(frame[: len(frame) - cut])
    except ClientError as error:
        assert error.code == "malformed"


@pytest.mark.parametrize(
    ("encoding", "rate", "form"),
    [
        ("mulaw", 8000, AudioFormat(Encoding.MULAW, 8000)),
        ("pcm_s16le", 8000, AudioFormat(Encoding.PCM, 8000)),
        ("pcm_s16le", 48000, AudioFormat(Encoding.PCM, 48000)),
        ("opus", 16000, AudioFormat(Encoding.OPUS, 48000)),
        ("opus", 48000, AudioFormat(Encoding.OPUS, 48000)),
    ],
)
def test_wire_formats(encoding: Any, rate: Any, form: AudioFormat) -> None:
    assert AudioSpec(encoding, rate).form() == form


def test_mulaw_is_telephone_sound() -> None:
    with pytest.raises(ClientError, match="8000") as wrong:
        AudioSpec("mulaw", 16000).form()
    assert wrong.value.code == "bad_audio"


def test_what_is_said_of_a_caller_is_bounded_texts() -> None:
    told = {"number": "+15550100", "age": 41, "vip": True, "tags": ["a"], "note": "x" * 5000}
    told |= {f"more{n}": n for n in range(100)}
    said = Start(caller=told).said_of_caller()
    assert (said["number"], said["age"], len(said["note"])) == ("+15550100", "41", LONGEST_FACT)
    assert "vip" not in said and "tags" not in said and len(said) == MOST_FACTS - 2
    assert Start().said_of_caller() == {}
