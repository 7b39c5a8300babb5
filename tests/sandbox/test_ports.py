"""Proves that chosen ports are free, different, and out of reach of outgoing connections."""

from __future__ import annotations

import socket
from pathlib import Path

from sandbox.ports import answers, free_ports, is_free


def test_ports_differ_and_are_free() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(is_free(port) for port in ports)


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(free_ports(200)) < lowest


def test_port_with_a_listener_is_not_free_and_answers() -> None:
    with socket.create_server(("127.0.0.1", free_ports(1)[0])) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert answers(port)
    assert not answers(port)
