"""Our own sound, and nothing else."""

from __future__ import annotations

import io
import wave

from gateway.admin.dashboard.sound import FORM
from tests.admin.conftest import ENTRIES
from tests.admin.truth import Client
from tests.support.stored import audio, clip


def test_a_clip_is_a_wav_of_what_is_in_the_store(client: Client) -> None:
    answer = client.ask("GET", "/clips", params={"key": "entry:wifi"})
    assert answer.headers["content-type"] == "audio/wav"
    said = next(one.answer for one in ENTRIES if one.id == "wifi")
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
        assert file.readframes(file.getnframes()) == audio(clip(said).name(FORM)).payload


def test_a_clip_of_another_catalogue_is_named_by_its_number(client: Client) -> None:
    query = {"key": "entry:invoice"}
    assert client.ask("GET", "/clips", params=query).status_code == 200
    error = client.refused(404, "GET", "/clips", params={**query, "catalogue": 1})
    assert error["message"] == "catalogue 1 has no clip 'entry:invoice'"
    client.refused(404, "GET", "/clips", params={**query, "catalogue": 99})
    client.refused(404, "GET", "/clips", params={"key": "../catalogue.db"})
    client.refused(404, "GET", "/clips")
