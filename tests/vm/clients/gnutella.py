#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Gnutella, played: no servent is packaged, so its wire form is spoken here.

gnutella.py serve ADDRESS:PORT FILE
gnutella.py fetch ADDRESS:PORT FILE [--listen ADDRESS:PORT] [--rate BYTES] [--push]

serve answers handshakes, pings, queries, transfers and datagrams. fetch does as
a leaf does: a ping by UDP, the handshake, routing table, ping and query by TCP,
then the transfer by HTTP on a connection of its own (--push: on one that the
server makes). It tells `progress BYTES`. RFC-Gnutella 0.6; numbers little endian.
"""
import argparse
import base64
import hashlib
import os
import pathlib
import socket
import struct
import sys
import threading
import time

PING, PONG, ROUTES, VENDOR, PUSH, QUERY, HIT = 0x00, 0x01, 0x30, 0x31, 0x40, 0x80, 0x81
AGENT = "User-Agent: LabServent/1.0\r\n"
OFFERS = AGENT + "X-Ultrapeer: {}\r\nX-Query-Routing: 0.1\r\nVendor-Message: 0.1\r\nGGEP: 0.5\r\n\r\n"
SERVENT = hashlib.md5(b"servent").digest()


def guid():
    g = bytearray(os.urandom(16))
    g[8], g[15] = 0xFF, 0
    return bytes(g)


def descriptor(kind, payload=b"", ident=None, ttl=1, hops=0):
    return (ident or guid()) + struct.pack("<3BI", kind, ttl, hops, len(payload)) + payload


def where(text):
    address, _, port = text.rpartition(":")
    return address, int(port)


def endpoint(at):
    return struct.pack("<H", at[1]) + socket.inet_aton(at[0])


class Stream:
    """A connection, read by lines and by bytes"""

    def __init__(self, sock):
        self.sock = sock
        self.file = sock.makefile("rb")

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def head(self):
        """The first line, with what follows up to an empty one read over"""
        first = self.file.readline().decode().strip()
        while self.file.readline().strip():
            pass
        return first

    def descriptor(self):
        """(id, type, payload)"""
        header = self.file.read(23)
        if len(header) < 23:
            raise EOFError
        kind, _, _, length = struct.unpack("<3BI", header[16:])
        return header[:16], kind, self.file.read(length)


class Server:
    def __init__(self, at, path):
        self.at, self.name, self.content = at, path.name, path.read_bytes()
        self.urn = "urn:sha1:" + base64.b32encode(hashlib.sha1(self.content).digest()).decode()

    def hit(self):
        entry = struct.pack("<II", 1, len(self.content)) + self.name.encode() + b"\0" + self.urn.encode() + b"\0"
        return b"\1" + endpoint(self.at) + struct.pack("<I", 350) + entry + SERVENT

    def pong(self):
        return endpoint(self.at) + struct.pack("<II", 1, len(self.content) // 1024)

    def neighbour(self, stream):
        stream.send("GNUTELLA/0.6 200 OK\r\n" + OFFERS.format("True"))
        if not stream.head().startswith("GNUTELLA/0.6 200"):
            return
        while True:
            ident, kind, payload = stream.descriptor()
            if kind == PING:
                stream.send(descriptor(PONG, self.pong(), ident))
            elif kind == QUERY and payload[2:].rstrip(b"\0").decode() in self.name:
                stream.send(descriptor(HIT, self.hit(), ident))
            elif kind == PUSH:
                self.push(payload)

    def push(self, payload):
        address, port = socket.inet_ntoa(payload[20:24]), struct.unpack("<H", payload[24:26])[0]
        with socket.create_connection((address, port), 10) as sock:
            stream = Stream(sock)
            stream.send(f"GIV 1:{SERVENT.hex().upper()}/{self.name}\n\n")
            self.upload(stream, stream.head())

    def upload(self, stream, request):
        wanted = f"/get/1/{self.name}" in request or self.urn in request
        if not wanted:
            stream.send("HTTP/1.1 404 Not Found\r\n" + AGENT + "Content-Length: 0\r\n\r\n")
            return
        stream.send(f"HTTP/1.1 200 OK\r\n{AGENT}Content-Type: application/binary\r\n"
                    f"Content-Length: {len(self.content)}\r\nX-Gnutella-Content-URN: {self.urn}\r\n"
                    "X-Queue: 0.1\r\n\r\n")
        stream.send(self.content)

    def serve(self, sock):
        with sock:
            stream = Stream(sock)
            try:
                first = stream.head()
                if first.startswith("GNUTELLA CONNECT/"):
                    self.neighbour(stream)
                elif first:
                    self.upload(stream, first)
            except (EOFError, OSError):
                pass

    def datagrams(self):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(self.at)
        while True:
            data, peer = sock.recvfrom(65536)
            if len(data) >= 23 and data[16] == PING:
                sock.sendto(descriptor(PONG, self.pong(), data[:16]), peer)

    def run(self):
        threading.Thread(target=self.datagrams, daemon=True).start()
        listener = socket.create_server(self.at)
        while True:
            threading.Thread(target=self.serve, args=(listener.accept()[0],), daemon=True).start()


def receive(stream, path, rate):
    """What a transfer brings, into path; paced by what is read"""
    length, line = 0, b"-"
    while line.strip():
        line = stream.file.readline()
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    got = begun = 0
    with open(path, "wb") as out:
        while got < length:
            part = stream.file.read(min(16384, length - got))
            if not part:
                raise SystemExit("the transfer ended early")
            out.write(part)
            out.flush()
            got += len(part)
            if time.monotonic() - begun > 0.5:
                begun = time.monotonic()
                print("progress", got, flush=True)
            if rate:
                time.sleep(len(part) / rate)
    print("progress", got, flush=True)


def ping(at, own):
    """By UDP, until the pong is there"""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(own)
    sock.settimeout(1)
    for _ in range(10):
        sock.sendto(descriptor(PING, b"\xc3\x83SCP\x41\x00"), at)
        try:
            return sock.recvfrom(65536)
        except socket.timeout:
            continue
    raise SystemExit("no pong")


def leaf(at, name):
    """The handshake, and what a leaf says then; the stream and the hit's urn"""
    stream = Stream(socket.create_connection(at, 30))
    stream.send("GNUTELLA CONNECT/0.6\r\n" + OFFERS.format("False"))
    if not stream.head().startswith("GNUTELLA/0.6 200"):
        raise SystemExit("refused")
    stream.send("GNUTELLA/0.6 200 OK\r\n" + AGENT + "\r\n")
    stream.send(descriptor(ROUTES, struct.pack("<BIB", 0, 65536, 7)))
    stream.send(descriptor(VENDOR, b"BEAR" + struct.pack("<HH", 7, 1) + b"\1\0"))
    stream.send(descriptor(PING))
    stream.send(descriptor(QUERY, b"\x80\0" + name.encode() + b"\0", ttl=3))
    while True:
        _, kind, payload = stream.descriptor()
        if kind == HIT:
            return stream, payload[11 + 8 + len(name) + 1 : -17].decode()


def fetch(o, at):
    own = where(o.listen)
    ping(at, own)
    stream, urn = leaf(at, o.file.name)
    if o.push:
        listener = socket.create_server(own)
        stream.send(descriptor(PUSH, SERVENT + struct.pack("<I", 1) + socket.inet_aton(own[0]) +
                               struct.pack("<H", own[1])))
        transfer = Stream(listener.accept()[0])
        transfer.head()
        path = f"/get/1/{o.file.name}"
    else:
        transfer = Stream(socket.create_connection(at, 30))
        path = f"/uri-res/N2R?{urn}"
    transfer.send(f"GET {path} HTTP/1.1\r\nHost: {at[0]}:{at[1]}\r\n{AGENT}X-Queue: 0.1\r\n"
                  f"X-Gnutella-Content-URN: {urn}\r\nRange: bytes=0-\r\n\r\n")
    receive(transfer, o.file, o.rate)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("role", choices=("serve", "fetch"))
    p.add_argument("at", metavar="ADDRESS:PORT")
    p.add_argument("file", type=pathlib.Path)
    p.add_argument("--listen", metavar="ADDRESS:PORT")
    p.add_argument("--rate", type=int, default=0, help="bytes a second")
    p.add_argument("--push", action="store_true", help="have the server call")
    o = p.parse_args()
    if o.role == "serve":
        Server(where(o.at), o.file).run()
    fetch(o, where(o.at))
    print("done", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
