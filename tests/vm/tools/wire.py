#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A file over BitTorrent's peer wire, by plain sockets: all of it is pieces.

wire.py serve ADDRESS PORT FILE         until it is ended, one thread a peer
wire.py fetch ADDRESS PORT FILE         exit 1 where it did not come whole

The connection has the handshakes, then piece messages of 16 KiB blocks, in order. What
a name, an info hash or the messages say is the kernel's business; TCP is all real.
"""
import socket
import struct
import sys
import threading

BLOCK = 16384
HANDSHAKE = b"\x13BitTorrent protocol" + bytes(8) + b"H" * 20 + b"-KP0001-" + b"p" * 12


def exactly(sock, n):
    out = bytearray()
    while len(out) < n:
        got = sock.recv(min(n - len(out), 1 << 16))
        if not got:
            sys.exit("the other end has gone")
        out += got
    return bytes(out)


def give(sock, content):
    with sock:
        if exactly(sock, 68)[:20] != HANDSHAKE[:20]:
            return
        sock.sendall(HANDSHAKE)
        for at in range(0, len(content), BLOCK):
            block = content[at:at + BLOCK]
            sock.sendall(struct.pack("!IBII", 9 + len(block), 7, at // BLOCK, 0) + block)
        sock.shutdown(socket.SHUT_WR)
        sock.recv(1)


def serve(address, port, path):
    with open(path, "rb") as f:
        content = f.read()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, int(port)))
        listener.listen()
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=give, args=(sock, content), daemon=True).start()


def fetch(address, port, path):
    with socket.create_connection((address, int(port)), timeout=120) as sock, open(path, "wb") as f:
        sock.sendall(HANDSHAKE)
        exactly(sock, 68)
        # with a time limit Python's sockets wait for some bytes, not for all
        while first := sock.recv(1):
            size, kind, piece, _ = struct.unpack("!IBII", first + exactly(sock, 12))
            if kind != 7 or piece * BLOCK != f.tell():
                sys.exit(f"piece {piece} at {f.tell()}")
            f.write(exactly(sock, size - 9))


if __name__ == "__main__":
    {"serve": serve, "fetch": fetch}[sys.argv[1]](*sys.argv[2:])
