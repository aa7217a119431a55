#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What tshark finds in captures, for dissect_test to compare with.

usage: oracle.py DIRECTORY CAPTURE...

Writes DIRECTORY/CAPTURE.txt for each with a flow that has a dissector: a line a
fact, "source port>destination port fact", in the capture's order. Runs where
tshark is: scripts/vm -- tests/corpus/oracle.py /out tests/corpus/captures/*.pcap
$TSHARK is how it is called; captures are given to it on standard input.
"""
import os
import pathlib
import shlex
import subprocess
import sys
import xml.etree.ElementTree as xml

TSHARK = shlex.split(os.environ.get("TSHARK", "tshark"))
PORTS = "tcp.port==1-65535"


def fields(node, name):
    """Those of that name below a node, as they are shown"""
    return [f.get("show") for f in node.iter("field") if f.get("name") == name]


def sizes(node, name):
    return [int(f.get("size")) for f in node.iter("field") if f.get("name") == name]


def hashed(text):
    return text.replace(":", "")


def bittorrent(proto):
    for field in proto:
        if field.get("name") == "bittorrent.info_hash":
            yield f"hash {hashed(field.get('show'))}"
        if field.get("name") != "bittorrent.msg":
            continue
        kind = fields(field, "bittorrent.msg.type")
        where = [int(v, 16) for n in ("index", "begin", "length") for v in fields(field, f"bittorrent.piece.{n}")]
        if kind == ["4"]:
            yield f"have {where[0]}"
        elif kind == ["5"]:
            yield f"bitfield {sizes(field, 'bittorrent.msg.bitfield')[0]}"
        elif kind == ["6"]:
            yield "request {} {} {}".format(*where)
        elif kind == ["7"]:
            yield "data {} {} {}".format(*where, *sizes(field, "bittorrent.piece.data"))
        elif kind == ["9"]:
            yield f"listens udp {fields(field, 'bittorrent.port')[0]}"
        elif kind == ["14"]:
            yield "have all"
        elif kind == ["20"] and fields(field, "bittorrent.extended.id") == ["0"]:
            for entry in field.findall("field[@name='bencode.dict']/field[@name='bencode.dict.entry']"):
                if fields(entry, "bencode.str")[0] == "p":
                    yield f"listens tcp {fields(entry, 'bencode.int')[0]}"


def edonkey(proto):
    for message in proto.findall("field[@name='edonkey.message']"):
        kind = fields(message, "edonkey.message.type")[0]
        file = hashed("".join(fields(message, "edonkey.file_hash")[:1]))
        names = fields(message, "edonkey.string")
        if kind in ("0x01", "0x4c") and fields(message, "edonkey.protocol") == ["0xe3"]:
            ports = fields(message, "edonkey.port")
            yield f"listens tcp {ports[0]}"
            for address, port in zip(fields(message, "edonkey.ip"), ports[1:]):
                yield f"peer {address}:{port}"
        elif kind == "0x15":
            yield f"told {file} {fields(message, 'edonkey.meta_tag_value.uint')[0]} {names[0]}"
        elif kind == "0xa4":
            yield f"asked {file}"
        elif kind == "0x93":
            yield f"named {file} {names[0]}"
        elif kind == "0x46":
            begin, end = (int(fields(message, f"edonkey.{n}_offset")[0]) for n in ("start", "end"))
            yield f"data {file} {begin} {end - begin}"


def gnutella(proto):
    for address, port in zip(fields(proto, "gnutella.pong.ip"), fields(proto, "gnutella.pong.port")):
        yield f"peer {address}:{port}"
    for words in fields(proto, "gnutella.query.search"):
        yield f"search {words}"


DISSECTORS = {"bittorrent": bittorrent, "edonkey": edonkey, "gnutella": gnutella}


def read(capture, name):
    """Lines of one capture, taken for one protocol"""
    with open(capture, "rb") as source:
        out = subprocess.run(TSHARK + ["-r", "-", "-d", f"{PORTS},{name}", "-Y", f"tcp && {name}", "-T", "pdml"],
                             stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    for packet in xml.fromstring(out):
        tcp = packet.find("proto[@name='tcp']")
        flow = ">".join(fields(tcp, f"tcp.{n}port")[0] for n in ("src", "dst"))
        for proto in packet.findall(f"proto[@name='{name}']"):
            for fact in DISSECTORS[name](proto):
                yield f"{flow} {fact}"


def main(directory, *captures):
    version = subprocess.run(TSHARK + ["--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    version = version.stdout.decode().splitlines()[0]
    labels = (pathlib.Path(__file__).parent / "labels.tsv").read_text(encoding="utf-8")
    flows = {line.split("\t")[0]: line.split("\t")[3] for line in labels.splitlines() if line[0] != "#"}
    for capture in map(pathlib.Path, captures):
        for name in DISSECTORS:
            if f"{name}/tcp" in flows[capture.name]:
                lines = [f"# {capture.name} by {version}, oracle.py"] + list(read(capture, name))
                path = pathlib.Path(directory) / f"{capture.stem}.txt"
                path.write_text("\n".join(lines) + "\n", encoding="utf-8")
                print(len(lines) - 1, path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
