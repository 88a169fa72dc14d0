"""``POST /admin/v1/hear``: a ticket for a sentence by microphone. The WebSocket is not ours."""

from __future__ import annotations

from gateway.admin.inputs import HearIn
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import HearOut
from gateway.admin.wire import Refused

NONE_SET = (
    "no recogniser is configured, so nothing can be heard here: set stt.provider, "
    "such as pocketsphinx or deepgram"
)
AGENTS = (
    "the recogniser is the agent itself (stt.provider is agent), which is for calls alone: "
    "with another stt.provider a sentence can be heard here"
)


async def hear(admin: Admin, asked: AdminRequest) -> HearOut:
    """The ticket. Raises ``Refused`` (409) where there is no recogniser, or it is the agent."""
    body: HearIn = asked.body
    admin.serving(body.tenant)
    if admin.settings.stt.provider == "agent":
        raise Refused(409, "no_recogniser", AGENTS)
    if admin.services().transcriber is None or admin.ticket is None:
        raise Refused(409, "no_recogniser", NONE_SET)
    tenant = admin.tenant(body.tenant)
    return HearOut(tenant=tenant, ticket=admin.ticket(tenant))
