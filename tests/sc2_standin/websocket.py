"""The server's side of RFC 6455 as far as the game needs it: one client, whole messages."""

from __future__ import annotations

import base64
import hashlib
import socket
import struct
from collections.abc import Callable
from typing import BinaryIO

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
BINARY, CLOSE, PING, PONG = 2, 8, 9, 10


def handshake(connection: socket.socket, stream: BinaryIO) -> bool:
    """Answers the client's first request; False where it asks for another place than the game's."""
    request, key = stream.readline(), b""
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"sec-websocket-key":
            key = value.strip()
    if not request.startswith(b"GET /sc2api"):
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        return False
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    return True


def serve(connection: socket.socket, stream: BinaryIO, answer: Callable[[bytes], bytes | None]) -> None:
    """Answers messages until ``answer`` gives None or the client is gone. (Requests come in text frames.)"""
    try:
        while (reply := answer(read_message(connection, stream))) is not None:
            send_frame(connection, BINARY, reply)
    except (EOFError, ConnectionError):
        pass


def read_message(connection: socket.socket, stream: BinaryIO) -> bytes:
    """The next whole message; pings are answered on the way. Raises EOFError at the end."""
    message = b""
    while True:
        first, second = _read(stream, 2)
        data = _payload(stream, second)
        kind = first & 15
        if kind == CLOSE:
            send_frame(connection, CLOSE, data)
            raise EOFError
        if kind == PING:
            send_frame(connection, PONG, data)
        elif kind != PONG:
            message += data
            if first & 128:
                return message


def _payload(stream: BinaryIO, second: int) -> bytes:
    size = second & 127
    if size == 126:
        (size,) = struct.unpack(">H", _read(stream, 2))
    elif size == 127:
        (size,) = struct.unpack(">Q", _read(stream, 8))
    mask = _read(stream, 4) if second & 128 else b"\0" * 4
    data = _read(stream, size)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def send_frame(connection: socket.socket, kind: int, data: bytes) -> None:
    size = len(data)
    if size < 126:
        head = bytes([128 | kind, size])
    elif size < 65536:
        head = struct.pack(">BBH", 128 | kind, 126, size)
    else:
        head = struct.pack(">BBQ", 128 | kind, 127, size)
    connection.sendall(head + data)
