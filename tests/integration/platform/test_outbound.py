"""Configured addresses lead outside or nowhere: with real sockets, real TLS and a resolver that lies."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from rowlock.platform.http.outbound import Allowed, Outbound, OutboundFailed, OutboundRefused, is_public

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"
INSIDE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.127.255.254", "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "192.0.2.1", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
    "::7f00:1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::1", "2001:db8::1", "100::1",
]  # fmt: skip


class Heard:
    """What came in at a server."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []


@asynccontextmanager
async def listening(
    answer: bytes = FINE, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, Heard]]:
    """A server that answers everything with the same bytes and then closes."""
    heard = Heard()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, host, port, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


class LyingResolver:
    """Answers each question with the next of its answers, the last one for good."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return (self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]).split()


@pytest.mark.parametrize("address", INSIDE)
def test_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_way_of_writing_an_address_makes_it_public(address: IPv4Address) -> None:
    number = int(address)
    assert not is_public(IPv6Address(0xFFFF << 32 | number))
    assert not is_public(IPv6Address(0x2002 << 112 | number << 80))
    assert not is_public(IPv6Address(0x0064FF9B << 96 | number))
    private = ("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")
    assert not (is_public(address) and any(address in ip_network(network) for network in private))


@pytest.mark.parametrize("address", INSIDE)
async def test_a_name_that_leads_inside_is_not_asked(address: str) -> None:
    for answers in (address, f"8.8.8.8 {address}", f"{address} 8.8.8.8"):
        with pytest.raises(OutboundRefused, match="not a public address"):
            await Outbound(resolve=LyingResolver(answers)).request("GET", "https://provider.example/")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://localhost/", "https://localhost./", "https://①②⑦.0.0.1/",
    ],
)  # fmt: skip
async def test_no_spelling_of_this_machine_is_asked(url: str) -> None:
    with pytest.raises((OutboundRefused, OutboundFailed)):
        await Outbound().request("GET", url)


@pytest.mark.parametrize(
    "url",
    ["http://8.8.8.8/", "ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "//8.8.8.8/", "https://", "", "https://a:b@8.8.8.8/"],
)  # fmt: skip
async def test_only_https_with_a_host_is_asked(url: str) -> None:
    with pytest.raises(OutboundRefused):
        await Outbound(resolve=LyingResolver("8.8.8.8")).request("GET", url)


@given(st.text(max_size=60))
async def test_no_text_breaks_it(text: str) -> None:
    with pytest.raises((OutboundRefused, OutboundFailed)):
        await Outbound(resolve=LyingResolver("127.0.0.1")).request("POST", text, content=b"{}")


async def test_a_name_that_changes_its_address_after_the_check_gains_nothing() -> None:
    async with listening(host="127.0.0.2") as (port, outside), listening(port=port) as (_, inside):
        resolver = LyingResolver("127.0.0.2", "127.0.0.1")
        outbound = Outbound(Allowed("127.0.0.2"), resolve=resolver)
        answer = await outbound.request("GET", f"http://rebinding.example:{port}/hook")
        assert (answer.status, answer.body, resolver.asked) == (200, b"fine", 1)
        assert f"host: rebinding.example:{port}\r\n".encode() in outside.requests[0].lower()
        with pytest.raises(OutboundRefused):
            await outbound.request("GET", f"http://rebinding.example:{port}/hook")
        assert (resolver.asked, inside.requests) == (2, [])


async def test_the_next_address_is_tried_when_one_takes_no_connection() -> None:
    async with listening(host="127.0.0.3") as (port, heard):
        outbound = Outbound(Allowed("127.0.0.0/8"), resolve=LyingResolver("127.0.0.2 127.0.0.3"))
        assert (await outbound.request("POST", f"http://a.example:{port}/", content=b"{}")).status == 200
        assert len(heard.requests) == 1


async def test_a_redirect_is_an_answer_and_not_a_way() -> None:
    async with listening() as (inner_port, inner):
        away = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inner_port}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with listening(away) as (port, _):
            answer = await Outbound(Allowed("localhost")).request("GET", f"http://localhost:{port}/")
        assert (answer.status, inner.requests) == (302, [])


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + b"x" * 1024 + b"\r\n1\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nfine",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\nhalf",
        b"nonsense\r\n\r\n",
    ],
    ids=["too long", "too long in chunks", "compressed", "broken off", "nonsense"],
)
async def test_an_answer_that_cannot_be_used_is_a_failure(answer: bytes) -> None:
    async with listening(answer) as (port, _):
        with pytest.raises(OutboundFailed):
            await Outbound(Allowed("127.0.0.1"), answer_bytes_max=1024).request("GET", f"http://127.0.0.1:{port}/")


async def test_a_server_that_never_answers_is_left() -> None:
    async with listening(b"HTTP/1.1 200 OK\r\n") as (port, heard):
        outbound = Outbound(Allowed("127.0.0.1"), seconds_max=0.05)
        gone = asyncio.Event()

        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()
            await writer.wait_closed()
            gone.set()

        never = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        async with never:
            with pytest.raises(OutboundFailed, match="longer"):
                await outbound.request("GET", f"http://127.0.0.1:{never.sockets[0].getsockname()[1]}/")
            await gone.wait()
    assert port
    assert heard.requests == []


async def test_the_environments_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as (proxy_port, proxy), listening() as (port, _):
        for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy_port}")
        assert (await Outbound(Allowed("127.0.0.1")).request("GET", f"http://127.0.0.1:{port}/")).status == 200
        assert proxy.requests == []


async def test_tls_proves_the_name_although_an_address_is_dialled(tmp_path: Path) -> None:
    served, trusting = _certified("provider.example", tmp_path)
    async with listening(tls=served) as (port, heard):
        outbound = Outbound(Allowed("127.0.0.1"), resolve=LyingResolver("127.0.0.1"), tls=trusting)
        assert (await outbound.request("GET", f"https://provider.example:{port}/")).body == b"fine"
        with pytest.raises(OutboundFailed):
            await outbound.request("GET", f"https://other.example:{port}/")
        assert len(heard.requests) == 1


def test_the_exceptions_are_read() -> None:
    allowed = Allowed("10.0.0.0/8, IDP.internal ,fd00::/8")
    assert allowed.covers("any.example", ip_address("10.9.9.9"))
    assert allowed.covers("idp.internal", ip_address("127.0.0.1"))
    assert allowed.covers("any.example", ip_address("fd00::1"))
    assert not allowed.covers("any.example", ip_address("127.0.0.1"))
    for text in ("10.0.0.0/33", "http://idp.internal", "a b"):
        with pytest.raises(ValueError, match="no host name"):
            Allowed(text)


def _certified(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for `name`, and a client's that trusts that and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certified.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(pem)
    trusting = ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())
    return served, trusting
