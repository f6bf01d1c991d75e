#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real WebSocket server (python3-websockets) for the tests and for tools/quickstart.

It listens on loopback, prints "PORT n" once it accepts connections, and runs until it is killed.
The path of the request chooses what the server does with a connection:

  /echo                 sends every message back, text as text and binary as binary (also any unknown path)
  /delay/MS             the same, MS milliseconds later
  /fragments/N          the same, cut into frames of N bytes
  /broadcast            sends every message to everybody on /broadcast, the sender included
  /close/CODE/REASON    closes with this code and reason at the first message; CODE 0 drops the connection
  /push/COUNT/SIZE      sends COUNT binary messages of SIZE bytes at once, then echoes
  /ping/PAYLOAD         answers each message with a ping, and echoes it when the right pong has come
  /head                 sends the request head back as one text message, then echoes
  /count                sends the number of connections open now, then echoes

A text message "close CODE REASON" is not echoed: it makes the server close with that code, on every path.
Nothing is compressed, and the server sends no pings of its own, so that a test sees only what it asked for.
"""
import argparse
import asyncio
import http
import ssl
import sys

import websockets

MAX_MESSAGE = 32 * 1024 * 1024
everybody = set()
open_now = 0


def fragments(message, size):
    """Cuts a message into pieces that websockets sends as one frame each."""
    return [message[at : at + size] for at in range(0, len(message), size)] or [message]


async def close_on_command(socket, message):
    """Answers whether the message was a command to close, after obeying it."""
    if not isinstance(message, str) or not message.startswith("close "):
        return False
    words = message.split(" ", 2)
    await socket.close(int(words[1]), words[2] if len(words) > 2 else "")
    return True


async def answer_message(socket, verb, words, message):
    """One message, answered as the path says."""
    if verb == "delay":
        await asyncio.sleep(int(words[0]) / 1000)
        await socket.send(message)
    elif verb == "fragments":
        await socket.send(fragments(message, int(words[0])))
    elif verb == "broadcast":
        websockets.broadcast(everybody, message)
    elif verb == "ping":
        await (await socket.ping(words[0] if words else b""))
        await socket.send(message)
    elif verb == "close":
        if words[0] == "0":
            socket.transport.abort()
        else:
            await socket.close(int(words[0]), words[1] if len(words) > 1 else "")
    else:
        await socket.send(message)


async def greet(socket, verb, words):
    """What some paths send before the first message."""
    if verb == "push":
        payload = bytes(index % 251 for index in range(int(words[1])))
        for _ in range(int(words[0])):
            await socket.send(payload)
    elif verb == "head":
        lines = [f"{name}: {value}" for name, value in socket.request_headers.raw_items()]
        await socket.send("\r\n".join([f"GET {socket.path}"] + lines))
    elif verb == "count":
        await socket.send(str(open_now))


async def serve_connection(socket):
    """One connection from its greeting to its end."""
    global open_now
    verb, *words = socket.path.lstrip("/").split("?")[0].split("/")
    open_now += 1
    if verb == "broadcast":
        everybody.add(socket)
    try:
        await greet(socket, verb, words)
        async for message in socket:
            if await close_on_command(socket, message):
                break
            await answer_message(socket, verb, words, message)
    except websockets.ConnectionClosed:
        pass
    finally:
        open_now -= 1
        everybody.discard(socket)


async def refuse(path, _headers):
    """Ordinary answers for a client that must cope with something else than 101."""
    if path == "/refuse":
        return http.HTTPStatus.FORBIDDEN, [("Content-Type", "text/plain")], b"no sockets here\n"
    return None


async def main(options):
    tls = None
    if options.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.cert, options.key)
    server = await websockets.serve(
        serve_connection,
        options.bind,
        options.port,
        ssl=tls,
        subprotocols=options.subprotocol,
        process_request=refuse,
        compression=None,
        max_size=MAX_MESSAGE,
        ping_interval=None,
        close_timeout=5,
        backlog=1024,
    )
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    await server.wait_closed()


def parse_options():
    parser = argparse.ArgumentParser(description="WebSocket echo server for tests; see the head of this file")
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (default: loopback)")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free port, which is printed")
    parser.add_argument("--cert", help="certificate chain (PEM); with it the server speaks wss")
    parser.add_argument("--key", help="private key (PEM)")
    parser.add_argument("--subprotocol", action="append", help="a subprotocol the server accepts; repeatable")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        asyncio.run(main(parse_options()))
    except KeyboardInterrupt:
        sys.exit(0)
