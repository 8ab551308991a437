#!/usr/bin/python3
"""ssl_faults - a TLS server that misbehaves, for tests/ssl.sh

usage: ssl_faults.py --list        one fault per line: name, tab, what the
                                   client must print (an extended RE)
       ssl_faults.py --serve FILE  writes the port to FILE and serves; the name
                                   in SNI, without its ".fault", is the fault

TLS 1.2 with anonymous Diffie-Hellman (DH_anon_WITH_AES_128_CBC_SHA) and enough
AES to finish a handshake; ECDH goes as far as the client's refusal. Python's
own library is all it needs.
"""
import hashlib
import hmac
import os
import socket
import struct
import sys
import threading

P = int("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
        "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
        "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
        "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF", 16)
CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23


def u16(n):
    return struct.pack(">H", n)


def vec16(b):
    return u16(len(b)) + b


def msg(kind, body, size=None):
    n = len(body) if size is None else size
    return bytes([kind]) + struct.pack(">I", n)[1:] + body


def num(n, size=128):
    return n.to_bytes(size, "big")


def prf(secret, label, seed, n):
    seed = label + seed
    a, out = seed, b""
    while len(out) < n:
        a = hmac.new(secret, a, hashlib.sha256).digest()
        out += hmac.new(secret, a + seed, hashlib.sha256).digest()
    return out[:n]


def xtime(b):
    return (b << 1 ^ 0x1B) & 0xFF if b & 0x80 else b << 1


def make_sbox():
    box, p, q = [0x63] * 256, 1, 1
    while True:
        p ^= xtime(p)
        for shift in (1, 2, 4):
            q = (q ^ q << shift) & 0xFF
        if q & 0x80:
            q ^= 0x09
        x = q
        for shift in (1, 2, 3, 4):
            x ^= (q << shift | q >> (8 - shift)) & 0xFF
        box[p] = x ^ 0x63
        if p == 1:
            return box


SBOX = make_sbox()


def expand(key):
    w, rcon = [list(key[i:i + 4]) for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        t = list(w[i - 1])
        if i % 4 == 0:
            t = [SBOX[b] for b in t[1:] + t[:1]]
            t[0] ^= rcon
            rcon = xtime(rcon)
        w.append([a ^ b for a, b in zip(w[i - 4], t)])
    return [sum(w[i:i + 4], []) for i in range(0, 44, 4)]


def mix(c):
    t = c[0] ^ c[1] ^ c[2] ^ c[3]
    return [c[i] ^ t ^ xtime(c[i] ^ c[(i + 1) % 4]) for i in range(4)]


def aes(keys, block):
    s = [a ^ b for a, b in zip(block, keys[0])]
    for r in range(1, 11):
        s = [SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if r < 10:
            s = sum([mix(s[i:i + 4]) for i in range(0, 16, 4)], [])
        s = [a ^ b for a, b in zip(s, keys[r])]
    return bytes(s)


assert aes(expand(bytes(range(16))),
           bytes.fromhex("00112233445566778899aabbccddeeff")).hex() \
    == "69c4e0d86a7b0430d8cdb78070b4c55a"


class Gone(Exception):
    pass


class Server:
    def __init__(self, sock):
        self.sock, self.log, self.seq = sock, b"", 0
        self.y = int.from_bytes(os.urandom(32), "big")
        self.random = os.urandom(32)
        self.keys, self.ems = None, False

    # --- records
    def raw(self, data):
        self.sock.sendall(data)

    def record(self, kind, data, version=0x0303):
        self.raw(bytes([kind]) + u16(version) + vec16(data))

    def hs(self, data, version=0x0303):
        self.log += data
        self.record(HANDSHAKE, data, version)

    def exactly(self, n):
        out = b""
        while len(out) < n:
            got = self.sock.recv(n - len(out))
            if not got:
                raise Gone
            out += got
        return out

    def read(self):
        head = self.exactly(5)
        return head[0], self.exactly(int.from_bytes(head[3:], "big"))

    def seal(self, kind, data, spoil_mac=0, spoil_pad=0, seq=None):
        seq = self.seq if seq is None else seq
        self.seq = seq + 1
        head = bytes([kind]) + u16(0x0303)
        mac = hmac.new(self.mac_key, struct.pack(">Q", seq) + head
                       + vec16(data), hashlib.sha1).digest()
        plain = data + bytes([mac[0] ^ spoil_mac]) + mac[1:]
        pad = 15 - len(plain) % 16
        plain += bytes([pad]) * pad + bytes([pad ^ spoil_pad])
        out = last = os.urandom(16)
        for i in range(0, len(plain), 16):
            last = aes(self.aes, bytes(a ^ b for a, b in
                                       zip(last, plain[i:i + 16])))
            out += last
        self.raw(head + vec16(out))

    # --- messages
    def client_hello(self):
        self.log = self.read()[1]
        self.client_random = self.log[6:38]
        at = self.log.index(b".fault")
        start = at
        while self.log[start - 1] in b"abcdefghijklmnopqrstuvwxyz0123456789-":
            start -= 1
        return self.log[start:at].decode()

    RENEG = b"\xff\x01\x00\x01\x00"

    def hello(self, suite=0x0034, version=0x0303, sid=b"", comp=0,
              ext=RENEG, tail=b"", size=None):
        body = u16(version) + self.random + bytes([len(sid)]) + sid
        body += u16(suite) + bytes([comp])
        if ext is not None:
            body += vec16(ext)
        return msg(2, body + tail, size)

    def key(self, p=P, g=2, y=None, tail=b"", parts=None):
        y = num(pow(2, self.y, P)) if y is None else y
        if parts is None:
            parts = [n if isinstance(n, bytes) else
                     num(n, (max(n.bit_length(), 8) + 7) // 8)
                     for n in (p, g, y)]
        return msg(12, b"".join(vec16(b) for b in parts) + tail)

    def ec(self, curve, point, kind=3, tail=b""):
        return msg(12, bytes([kind]) + u16(curve) + bytes([len(point)])
                   + point + tail)

    DONE = msg(14, b"")

    # --- the rest of a good handshake
    def flight(self):
        kind, cke = self.read()
        if kind != HANDSHAKE or cke[0] != 16:
            raise Gone
        self.log += cke
        z = pow(int.from_bytes(cke[6:], "big"), self.y, P)
        pms = num(z).lstrip(b"\0")
        self.master = prf(pms, b"master secret",
                          self.client_random + self.random, 48)
        if self.ems:
            self.master = prf(pms, b"extended master secret",
                              hashlib.sha256(self.log).digest(), 48)
        kb = prf(self.master, b"key expansion",
                 self.random + self.client_random, 72)
        self.mac_key, self.aes = kb[20:40], expand(kb[56:72])
        self.read()
        self.read()
        digest = hashlib.sha256(self.log).digest()
        self.log += msg(20, prf(self.master, b"client finished", digest, 12))

    def fin(self):
        return prf(self.master, b"server finished",
                   hashlib.sha256(self.log).digest(), 12)

    def start(self):
        self.hs(self.hello())
        self.hs(self.key())
        self.hs(self.DONE)
        self.flight()

    def handshake(self):
        self.start()
        self.record(CCS, b"\1")
        self.seal(HANDSHAKE, msg(20, self.fin()))

    def answer(self):
        while self.read()[0] != DATA:
            pass
        self.seal(DATA, b"olleh\n")

    def close(self):
        self.seal(ALERT, b"\1\0")

    def done(self):
        """Everything behind the key exchange, as it should be."""
        self.flight()
        self.record(CCS, b"\1")
        self.seal(HANDSHAKE, msg(20, self.fin()))
        self.answer()
        self.close()


FAULTS = {}


def fault(want="failed: .*unexpected message"):
    def add(f):
        FAULTS[f.__name__.replace("_", "-")] = (want, f)
        return f
    return add


def one(name, want, f):
    FAULTS[name] = (want, f)


GOOD = "^closed.* note: "
MALFORMED = "failed: .*malformed"
RANGE = "failed: .*DH values are out of range"


# --- odd but right: the session must work
@fault(GOOD)
def good(s):
    s.hs(s.hello())
    s.hs(s.key())
    s.hs(s.DONE)
    s.done()


@fault(GOOD)
def good_one_record(s):
    s.hs(s.hello() + s.key() + s.DONE)
    s.done()


@fault(GOOD)
def good_byte_records(s):
    for b in s.hello() + s.key() + s.DONE:
        s.hs(bytes([b]))
    s.done()


@fault(GOOD)
def good_empty_records(s):
    for m in (s.hello(), s.key(), s.DONE):
        s.record(HANDSHAKE, b"")
        s.hs(m)
        s.record(HANDSHAKE, b"")
    s.done()


@fault(GOOD)
def good_hello_requests(s):
    for m in (s.hello(), s.key(), s.DONE):
        s.record(HANDSHAKE, bytes(8))
        s.hs(m)
    s.flight()
    s.record(HANDSHAKE, bytes(4))
    s.record(CCS, b"\1")
    s.seal(HANDSHAKE, bytes(4))
    s.seal(HANDSHAKE, msg(20, s.fin()))
    s.seal(HANDSHAKE, bytes(4))
    s.answer()
    s.seal(HANDSHAKE, bytes(4))
    s.close()


@fault(GOOD)
def good_warnings(s):
    for m in (s.hello(), s.key(), s.DONE):
        s.record(ALERT, b"\1")
        s.record(ALERT, b"\x5a")
        s.hs(m)
    s.flight()
    s.record(CCS, b"\1")
    s.seal(HANDSHAKE, msg(20, s.fin()))
    s.seal(ALERT, b"\1\x5a")
    s.answer()
    s.close()


@fault(GOOD)
def good_data_behind_close(s):
    s.handshake()
    s.answer()
    s.close()
    s.seal(DATA, b"more")


EMS = b"\0\x17\0\0"


@fault(GOOD)
def good_ems(s):
    s.ems = True
    s.hs(s.hello(ext=EMS + s.RENEG))
    s.hs(s.key())
    s.hs(s.DONE)
    s.done()


@fault("failed: .*bad MAC")
def ems_promised(s):
    s.hs(s.hello(ext=EMS + s.RENEG))
    s.hs(s.key())
    s.hs(s.DONE)
    s.done()


@fault("failed: .*bad MAC")
def ems_unsaid(s):
    s.ems = True
    s.hs(s.hello())
    s.hs(s.key())
    s.hs(s.DONE)
    s.done()


def good_hello(name, **kw):
    def f(s):
        s.hs(s.hello(**kw))
        s.hs(s.key())
        s.hs(s.DONE)
        s.done()
    one("good-" + name, GOOD, f)


good_hello("sid", sid=bytes(32))
good_hello("no-extensions", ext=None)
good_hello("empty-extensions", ext=b"")
good_hello("extensions", ext=b"\0\0\0\0" + Server.RENEG + b"\0\x0b\0\2\1\0"
           b"\0\x0a\0\2\0\x1d\0\x0d\0\2\4\1")


# --- the ServerHello
def bad_hello(name, want, version=0x0303, **kw):
    def f(s):
        s.hs(s.hello(**kw), version)
        s.hs(s.key() + s.DONE, version)
        s.flight()
    one("hello-" + name, want, f)


for name, record, version, want in (
        ("tls10", 0x0301, 0x0301, "failed: .*only TLS 1.0, see tls-min"),
        ("tls11", 0x0302, 0x0302, "failed: .*only TLS 1.1, see tls-min"),
        ("tls13", 0x0303, 0x0304, "failed: .*version that was not offered"),
        ("mixed", 0x0302, 0x0303, "failed: .*changes its TLS version"),
        ("ssl2", 0x0200, 0x0303, "failed: .*not TLS")):
    def versions(s, record=record, version=version):
        s.hs(s.hello(version=version), record)
        s.hs(s.key() + s.DONE, record)
        s.flight()
    one("hello-" + name, want, versions)

EXTENSION = "failed: .*bad extension"
bad_hello("sid33", "failed: .*oversized session id", sid=bytes(33))
bad_hello("unknown-suite", "failed: .*not offered", suite=0x0018)
bad_hello("placeholder", "failed: .*not offered", suite=0x5600)
bad_hello("compression", "failed: .*compression", comp=1)
bad_hello("unknown-extension", EXTENSION, ext=b"\x12\x34\0\0")
bad_hello("ems-text", EXTENSION, ext=EMS[:3] + b"\1x")
bad_hello("ems-twice", EXTENSION, ext=2 * EMS)
bad_hello("versions", EXTENSION, ext=b"\0\x2b\0\2\3\4")
bad_hello("ticket", EXTENSION, ext=b"\0\x23\0\0")
bad_hello("twice-reneg", EXTENSION, ext=2 * Server.RENEG)
bad_hello("bad-reneg", EXTENSION, ext=b"\xff\x01\0\1\1")
bad_hello("long-reneg", EXTENSION, ext=b"\xff\x01\0\2\1\0")
bad_hello("sni-text", EXTENSION, ext=b"\0\0\0\1x")
bad_hello("extension-overrun", EXTENSION, ext=b"\xff\x01\0\x09\0")
bad_hello("extension-stump", EXTENSION, ext=b"\xff\x01\0")
bad_hello("bytes-behind", "failed: .*bytes after", tail=b"\0")
bad_hello("block-overrun", "failed: ", ext=None, tail=b"\0\x20\0\0")
bad_hello("short", MALFORMED, size=37)
bad_hello("no-compression", MALFORMED, size=40 - 3)
bad_hello("empty", MALFORMED, size=0)
bad_hello("huge", "failed: .*too large", size=0xFFFFFF)


# --- the order of messages
def order(name, *what, want="failed: .*unexpected message"):
    def f(s):
        parts = {"hello": s.hello(), "key": s.key(), "done": s.DONE,
                 "cert": msg(11, bytes(3)), "ask": msg(13, b"\1\1\0\0\0\0"),
                 "fin": msg(20, bytes(12)), "ticket": msg(4, bytes(6)),
                 "client": msg(1, bytes(40)), "status": msg(22, bytes(4))}
        for w in what:
            s.hs(parts[w])
        s.flight()
    one("order-" + name, want, f)


order("hello-twice", "hello", "hello", "key", "done")
order("no-key", "hello", "done")
order("key-twice", "hello", "key", "key", "done")
order("key-first", "key", "hello", "done")
order("certificate", "hello", "cert", "key", "done")
order("certificate-behind", "hello", "key", "cert", "done")
order("request", "hello", "key", "ask", "done")
order("ticket", "hello", "key", "ticket", "done")
order("status", "hello", "status", "key", "done")
order("client-hello", "client")
order("finished", "hello", "key", "fin")


@fault()
def done_and_more(s):
    s.hs(s.hello() + s.key() + s.DONE + b"\0")
    s.flight()


@fault("failed: .*malformed ServerHelloDone")
def done_with_body(s):
    s.hs(s.hello() + s.key() + msg(14, b"\0"))
    s.flight()


# --- ServerKeyExchange
def bad_key(name, want, **kw):
    def f(s):
        s.hs(s.hello() + s.key(**kw) + s.DONE)
        s.flight()
    one("dh-" + name, want, f)


bad_key("even", "failed: .*prime is even", p=P - 1)
bad_key("1023", "failed: .*less than 1024", p=P >> 1)
bad_key("512", "failed: .*less than 1024", p=P >> 512)
bad_key("8", "failed: .*less than 1024", p=23)
bad_key("zero", "failed: .*less than 1024", p=bytes(128))
bad_key("empty", "failed: .*less than 1024", parts=[b"", b"", b""])
bad_key("4104", "failed: .*more than 4096", p=(1 << 4103) + 1)
for g in ("g", "y"):
    for n, v in (("0", 0), ("1", 1), ("minus-1", P - 1), ("p", P),
                 ("above", P + 2), ("long", 1 << 1030)):
        bad_key(g + "-" + n, RANGE, **{g: v})
    bad_key(g + "-empty", RANGE, **{g: b""})
    bad_key(g + "-zeros", RANGE, **{g: bytes(200)})
bad_key("signature", MALFORMED, tail=b"\4\1\0\0")
bad_key("stump", MALFORMED, parts=[num(P), b"\2"])


@fault(MALFORMED)
def dh_overrun(s):
    s.hs(s.hello() + msg(12, b"\xff\xff" + num(P)) + s.DONE)
    s.flight()


@fault(GOOD)
def good_dh_zeros(s):
    s.hs(s.hello() + s.key(p=b"\0\0" + num(P), g=b"\0\2",
                           y=b"\0" + num(pow(2, s.y, P))) + s.DONE)
    s.done()


def bad_ec(name, want, *a, **kw):
    def f(s):
        s.hs(s.hello(suite=0xC018) + s.ec(*a, **kw) + s.DONE)
        s.flight()
    one("ec-" + name, want, f)


POINT = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
bad_ec("off-curve", "failed: .*off the curve", 23, POINT[:-1] + b"\xf6")
bad_ec("infinity", "failed: .*wrong size", 23, b"\0")
bad_ec("compressed", "failed: .*wrong size", 23, b"\2" + POINT[1:33])
bad_ec("long", "failed: .*wrong size", 23, POINT + b"\0")
bad_ec("empty", "failed: .*wrong size", 23, b"")
bad_ec("zero", "failed: .*off the curve", 29, bytes(32))
bad_ec("one", "failed: .*off the curve", 29, b"\1" + bytes(31))
bad_ec("other-curve", "failed: .*wrong size", 24, POINT)
bad_ec("unknown-curve", "failed: .*unknown curve", 22, POINT)
bad_ec("high-curve", "failed: .*unknown curve", 0x0117, POINT)
bad_ec("explicit", MALFORMED, 23, POINT, kind=1)
bad_ec("signature", MALFORMED, 23, POINT, tail=b"\4\3\0\0")


@fault(MALFORMED)
def ec_stump(s):
    s.hs(s.hello(suite=0xC018) + msg(12, b"\3\0\x17\x41\4") + s.DONE)
    s.flight()


# --- ChangeCipherSpec and Finished
@fault()
def ccs_early(s):
    s.hs(s.hello())
    s.record(CCS, b"\1")
    s.flight()


@fault()
def ccs_first(s):
    s.record(CCS, b"\1")
    s.hs(s.hello())
    s.flight()


@fault()
def ccs_inside_hello(s):
    s.hs(s.hello()[:20])
    s.record(CCS, b"\1")
    s.flight()


@fault()
def alert_inside_hello(s):
    s.hs(s.hello()[:20])
    s.record(ALERT, b"\1\x5a")
    s.flight()


def bad_ccs(name, data, want="failed: .*malformed ChangeCipherSpec"):
    def f(s):
        s.start()
        s.record(CCS, data)
        s.seal(HANDSHAKE, msg(20, s.fin()))
        s.answer()
    one("ccs-" + name, want, f)


bad_ccs("zero", b"\0")
bad_ccs("two", b"\1\1")


@fault("failed: ")
def ccs_twice(s):
    s.start()
    s.record(CCS, b"\1")
    s.record(CCS, b"\1")
    s.answer()


@fault("failed: ")
def ccs_sealed(s):
    s.start()
    s.record(CCS, b"\1")
    s.seal(CCS, b"\1")
    s.answer()


@fault()
def finished_in_clear(s):
    s.start()
    s.record(HANDSHAKE, msg(20, s.fin()))
    s.answer()


@fault()
def finished_split_by_ccs(s):
    s.start()
    s.record(HANDSHAKE, msg(20, s.fin())[:5])
    s.record(CCS, b"\1")
    s.answer()


def bad_fin(name, want, change=lambda b: b, kind=20, **kw):
    def f(s):
        s.start()
        s.record(CCS, b"\1")
        s.seal(HANDSHAKE, msg(kind, change(s.fin())), **kw)
        s.answer()
    one("finished-" + name, want, f)


BAD = "failed: .*bad Finished"
bad_fin("bad", BAD, lambda b: bytes([b[0] ^ 1]) + b[1:])
bad_fin("bad-end", BAD, lambda b: b[:-1] + bytes([b[-1] ^ 1]))
bad_fin("short", BAD, lambda b: b[:11])
bad_fin("long", BAD, lambda b: b + b"\0")
bad_fin("empty", BAD, lambda b: b"")
bad_fin("kind", "failed: .*unexpected message", kind=14)
bad_fin("mac", "failed: .*bad MAC", spoil_mac=1)
bad_fin("pad", "failed: .*bad MAC", spoil_pad=1)
bad_fin("sequence", "failed: .*bad MAC", seq=1)


@fault()
def finished_and_hello(s):
    s.start()
    s.record(CCS, b"\1")
    s.seal(HANDSHAKE, msg(20, s.fin()) + s.hello())
    s.answer()


# --- data, alerts and records in the wrong place
@fault()
def data_first(s):
    s.record(DATA, b"olleh\n")
    s.flight()


@fault()
def data_early(s):
    s.hs(s.hello())
    s.record(DATA, b"olleh\n")
    s.flight()


@fault()
def data_before_finished(s):
    s.start()
    s.record(CCS, b"\1")
    s.seal(DATA, b"olleh\n")
    s.answer()


@fault("failed: .*wrong length")
def data_in_clear(s):
    s.handshake()
    s.record(DATA, b"olleh\n")
    s.answer()


@fault("failed: .*bad MAC")
def data_again(s):
    s.handshake()
    s.seal(DATA, b"xx")
    s.seal(DATA, b"olleh\n", seq=s.seq - 1)
    s.answer()


@fault()
def open_hello(s):
    s.handshake()
    s.seal(HANDSHAKE, s.hello())
    s.answer()


@fault()
def open_ccs(s):
    s.handshake()
    s.seal(CCS, b"\1")
    s.answer()


@fault()
def open_kind(s):
    s.handshake()
    s.seal(99, b"\1")
    s.answer()


@fault("failed: Error in TLS session: .*alert internal_error")
def open_alert(s):
    s.handshake()
    s.seal(ALERT, b"\2")
    s.seal(ALERT, b"\x50")
    s.answer()


@fault("failed: Error in TLS session: .*no close_notify")
def open_cut(s):
    s.handshake()
    s.answer()


@fault("^short.* note: ")
def open_close(s):
    s.handshake()
    s.close()


@fault("failed: .*sent alert handshake_failure: .*cipher suite")
def alert_first(s):
    s.record(ALERT, b"\2\x28")


@fault("failed: .*sent alert protocol_version: .*only TLS 1.3")
def alert_version(s):
    s.record(ALERT, b"\2")
    s.record(ALERT, b"\x46")


@fault("failed: .*sent alert insufficient_security")
def alert_later(s):
    s.hs(s.hello())
    s.record(ALERT, b"\2\x47")


@fault("failed: .*sent alert access_denied")
def alert_last(s):
    s.start()
    s.record(ALERT, b"\2\x31")


@fault("failed: .*closed the connection")
def close_in_handshake(s):
    s.hs(s.hello())
    s.record(ALERT, b"\1\0")


@fault("failed: .*closed the connection")
def cut_at_once(s):
    pass


@fault("failed: .*closed the connection")
def cut_behind_hello(s):
    s.hs(s.hello())


@fault()
def kind_unknown(s):
    s.record(99, b"\1")
    s.flight()


@fault()
def kind_unknown_later(s):
    s.hs(s.hello())
    s.record(99, b"\1")
    s.flight()


@fault("failed: .*wrong length")
def record_too_long(s):
    s.hs(s.hello())
    s.raw(b"\x16\3\3\x40\x01" + bytes(100))
    s.flight()


@fault("failed: .*changes its TLS version")
def record_version(s):
    s.hs(s.hello())
    s.hs(s.key(), 0x0302)
    s.flight()


@fault("failed: .*what the server sends is not TLS")
def plaintext(s):
    s.raw(b"220 mail.example.com ESMTP\r\n")


# --- records without data, in as large pieces as they come
FLOOD = "failed: .*too many records without data"


def flood(name, kind, body):
    def f(s):
        s.hs(s.hello())
        records = 500 * (bytes([kind]) + b"\3\3" + vec16(body))
        for _ in range(200):
            s.raw(records)
    one(name, FLOOD, f)


flood("flood-warnings", ALERT, b"\1\x5a")
flood("flood-hello-requests", HANDSHAKE, bytes(4))
flood("flood-empty-messages", HANDSHAKE, b"")
flood("flood-empty-alerts", ALERT, b"")


@fault("^late")
def silence(s):
    s.hs(s.hello())
    s.exactly(1)


def serve(sock):
    s = Server(sock)
    try:
        sock.settimeout(20)
        name = s.client_hello()
        FAULTS[name][1](s)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(4096):
            pass
    except (Gone, OSError):
        pass
    sock.close()


def main():
    if sys.argv[1] == "--list":
        for name, (want, _) in FAULTS.items():
            print(name + "\t" + want)
        return
    top = socket.socket()
    top.bind(("127.0.0.1", 0))
    top.listen(20)
    with open(sys.argv[2] + ".new", "w") as f:
        f.write("%d\n" % top.getsockname()[1])
    os.rename(sys.argv[2] + ".new", sys.argv[2])
    while True:
        sock, _ = top.accept()
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


main()
