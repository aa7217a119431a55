#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""An eDonkey server for tests: who has which file, over TCP and UDP.

ed2kd.py ADDRESS PORT

Over TCP it logs in, takes offers, finds by words of names, knows sources; over
UDP (PORT + 4) it tells its status and its name. `files N` says how many it knows.
Numbers are little endian; a TCP message is protocol 1 | length 4 | opcode 1 | body.
"""
import asyncio
import socket
import struct
import sys
import zlib

EDONKEY, PACKED = 0xE3, 0xD4
NUMBERS = {0x03: 4, 0x04: 4, 0x05: 1, 0x08: 2, 0x09: 1, 0x0B: 8, 0x01: 16}


class Reader:
    """Fields of a message, one after the other"""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        part = self.data[self.at : self.at + n]
        if len(part) < n:
            raise ValueError("short message")
        self.at += n
        return part

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def string(self):
        return self.take(self.number(2))

    def tag(self):
        """(name, value) of a tag"""
        kind = self.number(1)
        name = self.take(1) if kind & 0x80 else self.string()
        kind &= 0x7F
        if kind == 0x02:
            return name, self.string()
        if 0x11 <= kind <= 0x20:
            return name, self.take(kind - 0x10)
        return name, self.take(NUMBERS[kind])

    def words(self):
        """The strings of a search"""
        found = []
        while self.at < len(self.data):
            kind = self.number(1)
            if kind == 0:
                self.number(1)  # and, or, not
            elif kind == 1:
                found.append(self.string().lower())
            else:
                break  # conditions on tags: taken as met
        return found


class File:
    def __init__(self):
        self.name, self.count, self.tags, self.sources = b"", 0, b"", set()


class Server:
    def __init__(self, address, port):
        self.address, self.port, self.files = address, port, {}

    def offer(self, body, source):
        r = Reader(body)
        for _ in range(r.number(4)):
            file = self.files.setdefault(r.take(16), File())
            r.take(6)
            file.count = r.number(4)
            begin = r.at
            for name, value in (r.tag() for _ in range(file.count)):
                if name == b"\1":
                    file.name = value.lower()
            file.tags = body[begin : r.at]
            file.sources.add(source)
        print("files", len(self.files), flush=True)

    def results(self, body):
        words = Reader(body).words()
        found = [(h, f) for h, f in self.files.items() if all(w in f.name for w in words)]
        out = struct.pack("<I", len(found))
        for file_hash, file in found:
            out += file_hash + endpoint(next(iter(file.sources))) + struct.pack("<I", file.count) + file.tags
        return out

    def sources(self, file_hash):
        known = self.files[file_hash].sources if file_hash in self.files else ()
        return file_hash + bytes([len(known)]) + b"".join(map(endpoint, known))

    def welcome(self, address):
        text = b"a server of the lab"
        yield 0x38, struct.pack("<H", len(text)) + text
        yield 0x40, socket.inet_aton(address) + struct.pack("<I", 0x19)  # high id; flags
        yield 0x34, struct.pack("<II", 2, len(self.files))

    def answers(self, op, body, peer):
        """(opcode, body) of each answer to a message"""
        if op == 0x01:
            peer[1] = struct.unpack_from("<H", body, 20)[0]
            yield from self.welcome(peer[0])
        elif op == 0x14:
            tags = b"\x02\x01\x00\x01\x03\x00lab"
            yield 0x32, b"\0"
            yield 0x41, bytes(range(16)) + endpoint((self.address, self.port)) + struct.pack("<I", 1) + tags
        elif op == 0x15:
            self.offer(body, tuple(peer))
        elif op == 0x16:
            yield 0x33, self.results(body)
        elif op in (0x19, 0x23):
            yield 0x42, self.sources(body[:16])

    async def serve(self, reader, writer):
        peer = [writer.get_extra_info("peername")[0], 0]
        try:
            while True:
                protocol, length = struct.unpack("<BI", await reader.readexactly(5))
                message = await reader.readexactly(length)
                op, body = message[0], message[1:]
                if protocol == PACKED:
                    body = zlib.decompress(body)
                for answer, content in self.answers(op, body, peer):
                    writer.write(struct.pack("<BIB", EDONKEY, len(content) + 1, answer) + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server):
        self.server = server

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        protocol, op, body = data[0], data[1], data[2:]
        if protocol != EDONKEY:
            return
        if op == 0x96:
            numbers = (2, len(self.server.files), 1000, 100, 1000, 0, 0)
            self.transport.sendto(b"\xe3\x97" + body[:4] + struct.pack("<7I", *numbers), addr)
        elif op == 0xA2:
            text = b"\x02\x01\x00\x01\x03\x00lab"
            self.transport.sendto(b"\xe3\xa3" + body[:4] + struct.pack("<I", 1) + text, addr)


def endpoint(where):
    return socket.inet_aton(where[0]) + struct.pack("<H", where[1])


async def main(address, port):
    server = Server(address, int(port))
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Datagrams(server), (address, server.port + 4))
    async with await asyncio.start_server(server.serve, address, server.port) as tcp:
        await tcp.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
