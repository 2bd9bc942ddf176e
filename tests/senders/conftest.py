"""Servers of the run, and one letter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from claimdesk.workflow.ports import Letter

from .servers import Mailbox, Receiver, Tls, mail_server, tls, web_server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def mailbox(certificate: Tls) -> Iterator[Mailbox]:
    with mail_server(certificate.server) as box:
        yield box


@pytest.fixture
def receiver(certificate: Tls) -> Iterator[Receiver]:
    with web_server(certificate.server) as found:
        yield found


@pytest.fixture
def letter() -> Letter:
    return Letter(
        id="NTC-01HX0000000000001",
        claim="CLM-01HX0000000000001",
        kind="customer_paid",
        party="customer",
        language="zh-CN",
        subject="我们已赔付 640.00 美元（USD）",
        body="第一行。\n.\nSecond line, starting after a lone dot.\n" + "很长的一行。" * 100 + "\n",
        to="jane.doe@example.org",
        headers={"Claimdesk-Notice": "NTC-01HX0000000000001"},
    )
