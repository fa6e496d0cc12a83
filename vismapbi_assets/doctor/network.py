"""Whether a host answers at all: name, route, certificate, and whether its clock agrees with ours.

One request without credentials; any HTTP answer will do. What the host says belongs to its part.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.settings import is_loopback

SECONDS = 15.0
SKEW_SECONDS = 120.0


def reach_all(asked: Asked, addresses: Mapping[str, str]) -> list[Step]:
    """Every host among the addresses once, by the settings that name them."""
    hosts: dict[str, list[str]] = {}
    urls: dict[str, str] = {}
    for key, url in addresses.items():
        hosts.setdefault(urlsplit(url).netloc, []).append(key)
        urls.setdefault(urlsplit(url).netloc, url)
    return [reach(asked, " and ".join(keys), urls[host]) for host, keys in hosts.items()]


def reach(asked: Asked, key: str, url: str) -> Step:
    """Whether the host of the address under the setting `key` can be reached safely."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    name = f"reach {host}" + (f":{parts.port}" if parts.port else "")
    try:
        response = requests.get(
            f"{parts.scheme}://{parts.netloc}/", timeout=SECONDS, allow_redirects=False, stream=True
        )
    except requests.exceptions.SSLError:
        return asked.failed(
            name,
            "the certificate was not accepted",
            f"Check {key}. Behind a proxy that inspects TLS, name its certificate authority in "
            "REQUESTS_CA_BUNDLE; checking is never turned off",
        )
    except requests.RequestException as error:
        return asked.failed(
            name,
            f"no answer ({type(error).__name__}); {_resolved(host)}",
            f"Check {key}, the network and the firewall; a proxy goes into HTTPS_PROXY",
        )
    with response:
        told, seconds = response.headers.get("Date"), response.elapsed.total_seconds()
    seen = f"{_resolved(host)}; HTTP {response.status_code} in {seconds:.2f} s; "
    seen += "TLS certificate accepted" if parts.scheme == "https" else "plain http"
    if parts.scheme == "http" and is_loopback(host):
        seen += ", which is for this machine only (sandbox)"
    skew = _skew(told)
    if skew is not None and abs(skew) > SKEW_SECONDS:
        return asked.warning(
            name,
            f"{seen}; its clock differs from ours by {skew:+.0f} s",
            "Set the clock of this machine (NTP): tokens and days are reckoned with it",
        )
    return asked.ok(name, seen)


def _resolved(host: str) -> str:
    try:
        found = sorted({str(info[4][0]) for info in socket.getaddrinfo(host, None)})
    except OSError:
        return f"{host} is not found in DNS from here"
    return f"{host} is {', '.join(found[:3])}"


def _skew(told: str | None) -> float | None:
    try:
        return (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds() if told else None
    except (ValueError, TypeError):
        return None
