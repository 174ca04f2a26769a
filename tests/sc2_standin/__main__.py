"""The program: ``python -m tests.sc2_standin -listen 127.0.0.1 -port N [...]``, as pysc2 starts the game."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise

from s2clientprotocol import sc2api_pb2 as sc

from tests.sc2_standin.game import Game
from tests.sc2_standin.websocket import handshake, serve

WAIT_SECONDS = 60.0  # for a client; a program that nobody wants ends by itself


def main(argv: Sequence[str]) -> int:
    options = dict(pairwise(argv))  # pysc2 gives every option one value
    host, port = options.get("-listen", "127.0.0.1"), int(options["-port"])
    if host not in ("127.0.0.1", "::1"):
        print("the stand-in listens on loopback only", file=sys.stderr)
        return 2
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as server:
        server.settimeout(WAIT_SECONDS)
        try:
            connection, _ = server.accept()
        except TimeoutError:
            return 1
    with connection, connection.makefile("rb") as stream:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not handshake(connection, stream):
            return 1
        serve(connection, stream, _answerer(Game()))
    return 0


def _answerer(game: Game) -> Callable[[bytes], bytes | None]:
    def answer(message: bytes) -> bytes | None:
        response = game.answer(sc.Request.FromString(message))
        return None if game.status == sc.quit else response.SerializeToString()

    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
