"""A DNS server for names of a table, over UDP on a loopback address of its own. resolv.conf knows no ports, so it is port 53."""
import random
import socket
import struct
import threading


class DnsServer:
    """`names`: full name -> IPv4 address. Other names do not exist; ours have no address but that one."""

    def __init__(self, names):
        self.names = {name.lower(): address for name, address in names.items()}
        self.asked = []
        self.address = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
            except OSError:
                return
            if len(query) > 12:
                self._socket.sendto(self._answer(query), client)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12:at + 5]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.asked.append(name)
        address = self.names.get(name)
        records = b""
        if address and kind == 1:  # A: the name by pointer, class IN, one minute
            records = struct.pack(">HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)
        flags = 0x8180 | (0 if address else 3)  # NXDOMAIN
        return query[:2] + struct.pack(">HHHHH", flags, 1, 1 if records else 0, 0, 0) + question + records

    def stop(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
