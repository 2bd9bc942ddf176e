"""Which addresses a webhook may go to: the guard against being sent inside the host's own network.

Only addresses that are global, and none of the ranges that lead elsewhere (IPv6 forms that carry an IPv4 address,
protocol assignments); a name is looked up once and every address it has must pass. A deployment may allow ranges of
its own. Authority: trust notes 5.3 (SSRF). Left out: proxies, which would look names up themselves.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from .errors import DeliveryFailed

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_ELSEWHERE = tuple(
    ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "192.0.0.0/24")
)


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The ranges a deployment allows."""
    return tuple(ip_network(text) for text in texts)


def is_allowed(address: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether a webhook may be sent to this address."""
    found: Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if any(found in network for network in allowed if network.version == found.version):
        return True
    if any(found in network for network in _ELSEWHERE if network.version == found.version):
        return False
    refused = found.is_multicast or found.is_reserved or found.is_unspecified or found.is_link_local
    site_local = isinstance(found, IPv6Address) and found.is_site_local
    return found.is_global and not refused and not site_local


def resolve(host: str, port: int, allowed: Sequence[Network] = ()) -> list[tuple[int, str]]:
    """(family, address) of ``host``, looked up once; raises when there is none or one that is not allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise DeliveryFailed("webhook_not_found", "the receiver's name could not be looked up") from None
    addresses = list(dict.fromkeys((int(family), str(where[0])) for family, _, _, _, where in found))
    if not addresses or not all(is_allowed(address, allowed) for _, address in addresses):
        raise DeliveryFailed("webhook_not_allowed", "the receiver's address is not one letters may go to")
    return addresses
