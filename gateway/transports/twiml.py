"""TwiML: the answers to Twilio's question what is to be done with a call."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

LONGEST_PARAMETER = 499
"""Characters of a parameter, name and value together."""


def streamed(
    url: str, parameters: Mapping[str, str], status_url: str, otherwise: str = "", digits: str = ""
) -> str:
    """Press ``digits``, then connect the call with a socket of ours; ``otherwise`` is dialled when
    that is lost."""
    response = Element("Response")
    if digits:
        SubElement(response, "Play", {"digits": digits})
    connect = SubElement(response, "Connect")
    stream = SubElement(connect, "Stream", {"url": url, "statusCallback": status_url})
    for name, value in parameters.items():
        room = LONGEST_PARAMETER - len(name)
        SubElement(stream, "Parameter", {"name": name, "value": value[:room]})
    if otherwise:
        _dial(response, otherwise)
    return _written(response)


def dialled(destination: str) -> str:
    """Connect the call with that number, address or queue."""
    response = Element("Response")
    _dial(response, destination)
    return _written(response)


def _dial(response: Element, destination: str) -> None:
    if destination.startswith("queue:"):
        SubElement(response, "Enqueue").text = destination.removeprefix("queue:")
        return
    dial = SubElement(response, "Dial")
    kind = "Sip" if destination.startswith(("sip:", "sips:")) else "Number"
    SubElement(dial, kind).text = destination


def _written(response: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(response, encoding="unicode")
