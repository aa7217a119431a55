#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write what an aMule finds when it starts: its settings, who it is, whom it knows.

amule_home.py DIR NAME --tcp PORT --udp PORT [--node ADDRESS:TCP:UDP:NAME]
    [--server ADDRESS:PORT] [--max-download KIB]

A name stands for a user hash and a Kad id, so that two can know each other
before either runs. Kad and servers are used where one is given; all is plain.
"""
import argparse
import hashlib
import pathlib
import socket
import struct

SETTINGS = """[eMule]
AppVersion=2.3.3
Nick={name}
Port={tcp}
UDPPort={udp}
UDPEnable=1
UPnPEnabled=0
Autoconnect=1
ConnectToKad={kad}
ConnectToED2K={ed2k}
FilterLanIPs=0
ParanoidFiltering=0
MaxUpload=0
MaxDownload={max_download}
SlotAllocation=100
UploadCapacity=100000
DownloadCapacity=100000
SecIdent=1
TempDir={dir}/Temp
IncomingDir={dir}/Incoming
OSDirectory={dir}/
NewVersionCheck=0
Serverlist=0
AddServerListFromServer=0
AddServerListFromClient=0
SafeServerConnect=0
SmartIdCheck=0
KadNodesUrl=
Ed2kServersUrl=
[ExternalConnect]
AcceptExternalConnections=1
ECAddress=127.0.0.1
ECPort=4712
ECPassword={password}
IpFilterClients=0
IpFilterServers=0
[Obfuscation]
IsClientCryptLayerSupported=0
IsCryptLayerRequested=0
IsClientCryptLayerRequired=0
"""


def identity(name, what):
    return hashlib.md5(f"{what} {name}".encode()).digest()


def user_hash(name):
    """Marked as all of eMule's are"""
    h = bytearray(identity(name, "user"))
    h[5], h[14] = 14, 111
    return bytes(h)


def node(text):
    """nodes.dat, version 2, with one contact whose address was verified"""
    address, tcp, udp, name = text.split(":")
    ip = struct.unpack(">I", socket.inet_aton(address))[0]
    contact = identity(name, "kad") + struct.pack("<IHHB", ip, int(udp), int(tcp), 8)
    return struct.pack("<3I", 0, 2, 1) + contact + bytes(8) + b"\1"


def server(text):
    """server.met with one server and no tags"""
    address, port = text.split(":")
    return b"\x0e" + struct.pack("<I", 1) + socket.inet_aton(address) + struct.pack("<HI", int(port), 0)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("dir", type=pathlib.Path)
    p.add_argument("name")
    p.add_argument("--tcp", type=int, required=True)
    p.add_argument("--udp", type=int, required=True)
    p.add_argument("--node")
    p.add_argument("--server")
    p.add_argument("--max-download", type=int, default=100, metavar="KIB")
    o = p.parse_args()
    for sub in ("Temp", "Incoming"):
        (o.dir / sub).mkdir(parents=True, exist_ok=True)
    (o.dir / "amule.conf").write_text(SETTINGS.format(
        name=o.name, tcp=o.tcp, udp=o.udp, kad=int(bool(o.node)), ed2k=int(bool(o.server)),
        max_download=o.max_download, dir=o.dir, password=hashlib.md5(b"lab").hexdigest()))
    (o.dir / "preferences.dat").write_bytes(b"\x14" + user_hash(o.name))
    (o.dir / "preferencesKad.dat").write_bytes(bytes(6) + identity(o.name, "kad") + b"\0")
    if o.node:
        (o.dir / "nodes.dat").write_bytes(node(o.node))
    if o.server:
        (o.dir / "server.met").write_bytes(server(o.server))


if __name__ == "__main__":
    main()
