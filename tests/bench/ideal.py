#!/usr/bin/env python3
"""The least a client can do: one connection, no queue, the fewest legal round trips.

It is the yardstick beside the peers, not a mailer. With --chunking every message is one
BDAT group and all of them are in flight at once; without it, RFC 2920 makes DATA the last
command of a group, so each message costs one round trip: its text travels together with the
next message's MAIL, RCPT and DATA.
"""
import argparse, base64, socket, ssl, threading, time

p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
p.add_argument("--host", default="localhost")
p.add_argument("--port", type=int, default=2525)
p.add_argument("--tls", choices=("no", "starttls", "implicit"), default="no")
p.add_argument("--tls12", action="store_true")
p.add_argument("--ca")
p.add_argument("--auth", action="store_true")
p.add_argument("--chunking", action="store_true")
p.add_argument("--separate", action="store_true", help="a connection for each message")
p.add_argument("-n", type=int, default=1)
p.add_argument("message")
opt = p.parse_args()

with open(opt.message, "rb") as f:
    text = f.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
print("start", time.monotonic_ns(), flush=True)  # python itself is not what is measured
envelope = b"MAIL FROM:<s@example.com>\r\nRCPT TO:<r@example.com>\r\n"


class Session:
    def __init__(self):
        self.sock = socket.create_connection((opt.host, opt.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if opt.tls == "implicit":
            self.wrap()
        self.file = self.sock.makefile("rb")
        self.expect(1)
        self.say(b"EHLO bench\r\n")
        self.expect(1)
        if opt.tls == "starttls":
            self.say(b"STARTTLS\r\n")
            self.expect(1)
            self.wrap()
            self.file = self.sock.makefile("rb")
            self.say(b"EHLO bench\r\n")
            self.expect(1)
        if opt.auth:
            self.say(b"AUTH PLAIN " + base64.b64encode(b"\0user\0pass") + b"\r\n")
            self.expect(1)

    def wrap(self):
        context = ssl.create_default_context(cafile=opt.ca)
        if opt.tls12:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.sock = context.wrap_socket(self.sock, server_hostname=opt.host)

    def say(self, data):
        self.sock.sendall(data)

    def expect(self, replies):
        while replies:
            line = self.file.readline()
            if line[:1] not in b"23" or not line:
                raise SystemExit("refused: %r" % line)
            replies -= line[3:4] == b" "

    def send(self, count):
        if opt.chunking:
            group = envelope + b"BDAT %d LAST\r\n" % len(text) + text
            reader = threading.Thread(target=self.expect, args=(3 * count,))
            reader.start()
            for _ in range(count):
                self.say(group)
            reader.join()
            self.say(b"QUIT\r\n")
            return
        self.say(envelope + b"DATA\r\n")
        self.expect(3)
        for left in range(count - 1, -1, -1):
            self.say(text + b".\r\n" + (envelope + b"DATA\r\n" if left else b"QUIT\r\n"))
            self.expect(4 if left else 1)


if opt.separate:
    for _ in range(opt.n):
        Session().send(1)
else:
    Session().send(opt.n)
