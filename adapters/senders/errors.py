"""What a sender raises. Neither text ever holds an address, a body or a key."""

from __future__ import annotations

from ...states.errors import ClaimdeskError


class DeliveryFailed(ClaimdeskError):
    """The letter was not handed over; it is tried again."""

    exit_code = 75
    http_status = 503
    retryable = True


class EndpointGone(DeliveryFailed):
    """The receiver said that it is gone for good; nothing more is sent there."""

    retryable = False
