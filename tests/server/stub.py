#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One dumb scripted TCP and TLS server: split here, stall there, reset now.

It understands nothing. A file of scripts says, for each request path, which bytes go out and when; a script whose name
begins with "@" has a port of its own and starts at once, without reading a request. The server prints one line
"PORT name n" for each port it listens on ("plain", "tls" with --cert, and every "@" script), then "READY".

Steps of a script, one a line (TEXT knows the escapes \\r \\n \\t \\\\ and \\xNN):

  send TEXT             sends these bytes in one piece; {port} is the port of this connection
  pieces N TEXT         sends them N bytes at a time, each in a segment of its own
  hex AA BB ...         sends these bytes
  fill N                sends N bytes of the test pattern (the byte at offset i is i % 251)
  whole N TEXT          sends these bytes and N of the test pattern in one piece (up to 16 KB)
  letters N             sends N letters
  pause MS              waits
  read-body             reads the body that the request head announces (Content-Length or chunked)
  echo-head             answers 200 with the request head as the body
  echo-body             answers 200 with the request body as the body, undone from chunks
  number                sends the number of this connection as a body of ten digits
  accept LINES          sends a correct 101 for the request's key; LINES are extra header lines
  expect OP TEXT        reads one WebSocket frame; unless it is masked, final, of this opcode and payload, closes with 4000
                        and a reason that says what came instead
  expect-close CODE     the same for a close frame with this code (reason ignored)
  pings N               sends N pings in one piece, the payload of each its number, and expects their pongs in this order
  next                  reads the head of the next request and forgets it
  until-gone            reads and drops until the peer goes away, then goes on
  raise NAME            counts NAME up
  await NAME            waits until NAME has been raised, and counts it down
  enter NAME            one more is inside NAME
  leave NAME            one less
  peak NAME             sends how many have been inside NAME at once, as ten digits, and forgets it
  end                   sends FIN, or close_notify and FIN, and goes on
  torn N                passes bytes to the TLS port and back, and resets after N bytes of its answers
  hold                  reads and drops until the peer goes away
  part                  sends close_notify, waits for the peer's, and only then sends FIN (plain: at once); when the
                        peer is gone it goes on
  finish                sends FIN (TLS: close_notify first), then holds
  close                 closes at once, without close_notify
  reset                 closes with a TCP reset

A script that ends without one of the last four (or torn) waits for the next request on the same connection.
"""
import argparse
import base64
import hashlib
import select
import socket
import ssl
import struct
import sys
import threading
import time

WS_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}
AWAIT_SECONDS = 20
counter_lock = threading.Lock()
counter = 0
raised = {}
raised_lock = threading.Condition()
inside = {}


class Gone(Exception):
    """The peer went away, or the script ended the connection."""


def unescape(text):
    """TEXT of a script as bytes."""
    out, at = [], 0
    while at < len(text):
        if text[at] != "\\":
            out.append(text[at])
            at += 1
        elif text[at + 1] == "x":
            out.append(chr(int(text[at + 2 : at + 4], 16)))
            at += 4
        else:
            out.append(ESCAPES[text[at + 1]])
            at += 2
    return "".join(out).encode("latin-1")


def load_scripts(path):
    """Maps each script's name to its list of (verb, argument)."""
    scripts, steps = {}, None
    with open(path, encoding="ascii") as lines:
        for line in lines:
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("["):
                steps = scripts.setdefault(line[1:-1], [])
            else:
                verb, _, argument = line.partition(" ")
                if not hasattr(Connection, "do_" + verb.replace("-", "_")):
                    sys.exit(f"{path}: unknown step: {line}")
                steps.append((verb, argument))
    return scripts


class Connection:
    """One accepted connection: buffered reading, and one method for each step."""

    tls_port = 0

    def __init__(self, sock, number):
        self.sock, self.number, self.buffer, self.head, self.body = sock, number, b"", b"", b""

    # Reading.

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def take_until(self, mark):
        while mark not in self.buffer:
            self.more()
        taken, _, self.buffer = self.buffer.partition(mark)
        return taken + mark

    def header(self, name):
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name:
                return value.strip()
        return b""

    def read_head(self):
        self.head, self.body = self.take_until(b"\r\n\r\n"), b""
        return self.head.split(b" ", 2)[1].decode("latin-1").split("?")[0].lstrip("/")

    # Steps.

    def do_send(self, argument):
        self.sock.sendall(unescape(argument).replace(b"{port}", str(self.sock.getsockname()[1]).encode()))

    def do_pieces(self, argument):
        size, _, text = argument.partition(" ")
        data = unescape(text)
        for at in range(0, len(data), int(size)):
            self.sock.sendall(data[at : at + int(size)])
            time.sleep(0.002)

    def do_hex(self, argument):
        self.sock.sendall(bytes.fromhex(argument))

    def do_fill(self, argument):
        left, block = int(argument), bytes(range(251)) * 261
        while left:
            piece = block[: min(left, len(block))]
            self.sock.sendall(piece)
            left -= len(piece)

    def do_whole(self, argument):
        size, _, text = argument.partition(" ")
        self.sock.sendall(unescape(text) + (bytes(range(251)) * 66)[: int(size)])

    def do_letters(self, argument):
        self.sock.sendall(b"v" * int(argument))

    def do_pause(self, argument):
        time.sleep(int(argument) / 1000)

    def do_read_body(self, _argument):
        if self.header(b"transfer-encoding").lower() == b"chunked":
            while True:
                size = int(self.take_until(b"\r\n").split(b";")[0], 16)
                self.body += self.take(size)
                self.take_until(b"\r\n")
                if size == 0:
                    break
        else:
            self.body = self.take(int(self.header(b"content-length") or 0))

    def answer(self, body):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.sock.sendall(head + body)

    def do_echo_head(self, _argument):
        self.answer(self.head)

    def do_echo_body(self, _argument):
        self.do_read_body("")
        self.answer(self.body)

    def do_number(self, _argument):
        self.answer(b"%010d" % self.number)

    def do_accept(self, argument):
        digest = hashlib.sha1(self.header(b"sec-websocket-key") + WS_GUID).digest()
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        head += b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n" + unescape(argument) + b"\r\n"
        self.sock.sendall(head)

    def read_frame(self):
        """One frame of the client: opcode byte, whether masked, and the unmasked payload."""
        first, second = self.take(2)
        length = second & 127
        if length == 126:
            (length,) = struct.unpack(">H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.take(8))
        mask = self.take(4) if second & 128 else b"\0\0\0\0"
        return first, bool(second & 128), bytes(b ^ mask[i % 4] for i, b in enumerate(self.take(length)))

    def complain(self, what):
        reason = struct.pack(">H", 4000) + what.encode("ascii", "replace")[:120]
        self.sock.sendall(bytes([0x88, len(reason)]) + reason)
        raise Gone

    def do_expect(self, argument):
        opcode, _, text = argument.partition(" ")
        first, masked, payload = self.read_frame()
        if first != 0x80 | int(opcode, 16) or not masked or payload != unescape(text):
            self.complain(f"expected {argument!r}, got {first:02x} masked={masked} {payload[:40]!r}")

    def do_expect_close(self, argument):
        first, masked, payload = self.read_frame()
        if first != 0x88 or not masked or payload[:2] != struct.pack(">H", int(argument)):
            self.complain(f"expected close {argument}, got {first:02x} {payload[:40].hex()}")

    def do_pings(self, argument):
        self.sock.sendall(b"".join(bytes([0x89, 1, n]) for n in range(int(argument))))
        for n in range(int(argument)):
            first, masked, payload = self.read_frame()
            if first != 0x8A or not masked or payload != bytes([n]):
                self.complain(f"expected pong {n}, got {first:02x} {payload[:40].hex()}")

    # What several connections do together. Names are the whole server's.

    def do_next(self, _argument):
        self.read_head()

    def do_until_gone(self, _argument):
        try:
            self.do_hold("")
        except (Gone, OSError):
            pass

    def do_raise(self, argument):
        with raised_lock:
            raised[argument] = raised.get(argument, 0) + 1
            raised_lock.notify_all()

    def do_await(self, argument):
        with raised_lock:
            if not raised_lock.wait_for(lambda: raised.get(argument, 0), AWAIT_SECONDS):
                raise Gone
            raised[argument] -= 1

    def do_enter(self, argument):
        with counter_lock:
            now, peak = inside.get(argument, (0, 0))
            inside[argument] = now + 1, max(peak, now + 1)

    def do_leave(self, argument):
        with counter_lock:
            now, peak = inside[argument]
            inside[argument] = now - 1, peak

    def do_peak(self, argument):
        with counter_lock:
            now, peak = inside.get(argument, (0, 0))
            inside[argument] = now, now
        self.answer(b"%010d" % peak)

    def do_torn(self, argument):
        left = int(argument)
        with socket.create_connection(("127.0.0.1", self.tls_port)) as behind:
            while left:
                ready, _, _ = select.select([self.sock, behind], [], [])
                for side in ready:
                    data = side.recv(left if side is behind else 65536)
                    if not data:
                        raise Gone
                    (self.sock if side is behind else behind).sendall(data)
                    left -= len(data) if side is behind else 0
        self.do_reset("")

    def do_hold(self, _argument):
        while True:
            self.buffer = b""
            self.more()

    def say_end(self):
        """TLS: sends close_notify. Answers whether the client's own is still to come."""
        if not isinstance(self.sock, ssl.SSLSocket):
            return False
        self.sock.settimeout(0)
        try:
            self.sock.unwrap()
        except (ssl.SSLWantReadError, BlockingIOError):
            return True
        finally:
            self.sock.settimeout(None)
        return False

    def do_end(self, _argument):
        self.say_end()  # the client's own need not come
        self.sock.shutdown(socket.SHUT_WR)

    def do_part(self, argument):
        if self.say_end():
            try:
                self.sock.recv(1)
            except ssl.SSLZeroReturnError:
                pass
            else:
                raise Gone  # a FIN without close_notify
        self.sock.shutdown(socket.SHUT_WR)
        self.do_until_gone(argument)

    def do_finish(self, argument):
        self.do_end(argument)
        self.do_hold("")

    def do_close(self, _argument):
        raise Gone

    def do_reset(self, _argument):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    # Running.

    def run(self, steps):
        for verb, argument in steps:
            getattr(self, "do_" + verb.replace("-", "_"))(argument)

    def serve(self, scripts):
        while True:
            name = self.read_head()
            if name not in scripts:
                self.sock.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            else:
                self.run(scripts[name])


def handle(sock, scripts, steps, tls):
    """One connection on a thread of its own."""
    global counter
    with counter_lock:
        counter += 1
        number = counter
    connection = Connection(sock, number)
    try:
        if tls:
            connection.sock = tls.wrap_socket(sock, server_side=True)
        if steps is not None:
            connection.run(steps)
            connection.do_hold("")
        connection.serve(scripts)
    except (Gone, OSError, ValueError, IndexError):
        pass
    finally:
        connection.sock.close()


def listen(name, scripts, steps, tls):
    """A port with an accept loop of its own."""
    server = socket.create_server(("127.0.0.1", 0), backlog=256)
    print("PORT", name, server.getsockname()[1], flush=True)

    def loop():
        while True:
            sock, _ = server.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=handle, args=(sock, scripts, steps, tls), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return server.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(description="scripted server for tests; see the head of this file")
    parser.add_argument("scripts", help="file of scripts")
    parser.add_argument("--cert", help="certificate chain (PEM) for the TLS port")
    parser.add_argument("--key", help="private key (PEM)")
    options = parser.parse_args()
    scripts = load_scripts(options.scripts)
    listen("plain", scripts, None, None)
    if options.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.cert, options.key)
        Connection.tls_port = listen("tls", scripts, None, tls)
    for name, steps in scripts.items():
        if name.startswith("@"):
            listen(name[1:], scripts, steps, None)
    print("READY", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
