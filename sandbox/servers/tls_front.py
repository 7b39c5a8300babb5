"""TLS in front of Postgres, as RDS has it with ``rds.force_ssl``: who does not ask for TLS is refused.

The wheel's Postgres is built without TLS, so this program answers the first packet of the protocol
(SSLRequest), shows the certificate, and passes everything on.
``python -m sandbox.servers.tls_front LISTEN BACKEND CHAIN KEY``, addresses as ``host:port``.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
import sys
from collections.abc import Sequence

_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_GSS_REQUEST = struct.pack("!II", 8, 80877104)
_REFUSED = "no pg_hba.conf entry: this server takes TLS connections only (rds.force_ssl)"
_CHUNK = 65536


def refusal() -> bytes:
    """Postgres' own error message for a connection without TLS."""
    fields = b"".join([b"SFATAL\0", b"C28000\0", b"M" + _REFUSED.encode() + b"\0", b"\0"])
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


async def serve(listen: tuple[str, int], backend: tuple[str, int], context: ssl.SSLContext) -> None:
    """Pass connections on until cancelled."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await _one(reader, writer, backend, context)
        writer.close()

    server = await asyncio.start_server(one, *listen)
    async with server:
        await server.serve_forever()


async def _one(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    backend: tuple[str, int],
    context: ssl.SSLContext,
) -> None:
    first = await reader.readexactly(len(_SSL_REQUEST))
    while first == _GSS_REQUEST:
        writer.write(b"N")
        first = await reader.readexactly(len(_SSL_REQUEST))
    if first != _SSL_REQUEST:
        writer.write(refusal())
        return
    writer.write(b"S")
    await writer.drain()
    await writer.start_tls(context)
    behind_reader, behind_writer = await asyncio.open_connection(*backend)
    await asyncio.gather(_pass(reader, behind_writer), _pass(behind_reader, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


def main(argv: Sequence[str]) -> None:
    """Serve until ended."""
    listen, backend = (_address(text) for text in argv[:2])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(argv[2], argv[3])
    asyncio.run(serve(listen, backend, context))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    main(sys.argv[1:])
