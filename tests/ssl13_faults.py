#!/usr/bin/python3
"""ssl13_faults - a TLS 1.3 server that misbehaves, for tests/ssl13.sh

usage: ssl13_faults.py --list       one fault per line: name, tab, the alert the
                                    client must send or "-", tab, what it must
                                    print (an extended RE)
       ssl13_faults.py --serve FILE writes the port to FILE and serves; the name
                                    in SNI, without its ".fault", is the fault;
                                    FILE.alerts gets name and alert of each end
Keys and certificates are NAME.key and NAME.pem of the folder it runs in: rsa,
ec (P-256), ec384 and ed25519. The messages go to the transcript as they are
sent, so that a fault is not found by its Finished alone.
"""
import hashlib
import hmac
import os
import select
import socket
import struct
import sys
import threading

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509 import load_pem_x509_certificate

CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
X25519, P256, P384 = 29, 23, 24
RETRY = hashlib.sha256(b"HelloRetryRequest").digest()
CURVES = {P256: ec.SECP256R1(), P384: ec.SECP384R1()}
POINT = (serialization.Encoding.X962,
         serialization.PublicFormat.UncompressedPoint)
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def u8(n):
    return bytes([n])


def u16(n):
    return struct.pack(">H", n)


def u24(n):
    return struct.pack(">I", n)[1:]


def vec8(b):
    return u8(len(b)) + b


def vec16(b):
    return u16(len(b)) + b


def vec24(b):
    return u24(len(b)) + b


def ext(kind, body=b""):
    return u16(kind) + vec16(body)


def msg(kind, body, size=None):
    return u8(kind) + u24(len(body) if size is None else size) + body


def sha(b):
    return hashlib.sha256(b).digest()


def mac(key, b):
    return hmac.new(key, b, hashlib.sha256).digest()


def expand(secret, label, context=b"", n=32):
    info = u16(n) + vec8(b"tls13 " + label) + vec8(context)
    return mac(secret, info + b"\1")[:n]


class Gone(Exception):
    pass


class Keys:
    """One direction's, from a traffic secret."""

    def __init__(self, secret):
        self.secret, self.seq = secret, 0
        self.aead = AESGCM(expand(secret, b"key", n=16))
        self.iv = expand(secret, b"iv", n=12)

    def nonce(self):
        n = int.from_bytes(self.iv, "big") ^ self.seq
        self.seq += 1
        return n.to_bytes(12, "big")

    def updated(self):
        return Keys(expand(self.secret, b"traffic upd"))


class Server:
    def __init__(self, sock):
        self.sock, self.log = sock, b""
        self.kind = "rsa"
        self.random = os.urandom(32)
        self.out = self.inn = None
        self.group = X25519
        self.alert, self.faulty, self.ccs = "-", False, 0
        self.context = b"TLS 1.3, server CertificateVerify\0"

    # --- records
    def raw(self, data):
        self.sock.sendall(data)

    def clear(self, kind, data, version=0x0303):
        self.raw(u8(kind) + u16(version) + vec16(data))

    def seal(self, kind, data, pad=0, outer=DATA, spoil=0, version=0x0303,
             inner=None):
        plain = data + u8(kind) + bytes(pad) if inner is None else inner
        head = u8(outer) + u16(version) + u16(len(plain) + 16)
        box = self.out.aead.encrypt(self.out.nonce(), plain, head)
        self.raw(head + box[:-1] + u8(box[-1] ^ spoil))

    def put(self, *messages, **kw):
        """Each in a record of its own, or more if it is too long for one."""
        for m in messages:
            self.log += m
            self.listen()
            for at in range(0, len(m), 16384):
                if self.out:
                    self.seal(HANDSHAKE, m[at:at + 16384], **kw)
                else:
                    self.clear(HANDSHAKE, m[at:at + 16384])

    def listen(self):
        """Has the client refused? More would only be lost with its alert."""
        while self.faulty and select.select([self.sock], [], [], 0.03)[0]:
            self.record()

    def exactly(self, n):
        out = b""
        while len(out) < n:
            got = self.sock.recv(n - len(out))
            if not got:
                raise Gone
            out += got
        return out

    def record(self):
        head = self.exactly(5)
        body = self.exactly(int.from_bytes(head[3:], "big"))
        kind = head[0]
        if kind == DATA and self.inn:
            body = self.inn.aead.decrypt(self.inn.nonce(), body, head)
            body = body.rstrip(b"\0")
            kind, body = body[-1], body[:-1]
        if kind == CCS:
            assert body == b"\1"
            self.ccs += 1
        if kind == ALERT:
            self.alert = str(body[1])
            if body[1]:
                raise Gone
        return kind, body

    def read(self, want):
        """The next record of this kind."""
        kind, body = self.record()
        while kind == CCS:
            kind, body = self.record()
        if kind != want:
            raise Gone
        return body

    # --- messages
    def client_hello(self):
        hello = self.read(HANDSHAKE)
        while len(hello) < 4 + int.from_bytes(hello[1:4], "big"):
            hello += self.read(HANDSHAKE)
        self.log += hello
        self.ch = hello[4:]
        self.sid = self.ch[35:35 + self.ch[34]]
        at = 35 + len(self.sid)
        at += 2 + int.from_bytes(self.ch[at:at + 2], "big")
        at += 1 + self.ch[at] + 2
        self.exts, self.fixed = {}, self.ch[:at - 2]
        while at < len(self.ch):
            kind, n = struct.unpack(">HH", self.ch[at:at + 4])
            self.exts[kind] = self.ch[at + 4:at + 4 + n]
            at += 4 + n
        share = self.exts.get(51, b"\0\0\0\0\0\0")
        self.offered, self.share = int.from_bytes(share[2:4], "big"), share[6:]
        return self.exts[0][5:-6].decode()

    def second_hello(self, group=None, cookie=None):
        """Holds it against the first one."""
        fixed, exts = self.fixed, self.exts
        self.client_hello()
        want = dict(exts)
        if cookie is not None:
            want[44] = vec16(cookie)
        if group:
            assert self.offered == group
            want[51] = self.exts[51]
        assert (fixed, want) == (self.fixed, self.exts), "second hello"

    def retried(self, hrr, group=None, cookie=None):
        self.log = msg(254, sha(self.log))
        self.put(hrr)
        self.second_hello(group, cookie)

    def key_share(self):
        """Our public half; the secret is known then."""
        if self.offered == X25519:
            mine = x25519.X25519PrivateKey.generate()
            self.secret = mine.exchange(
                x25519.X25519PublicKey.from_public_bytes(self.share))
            return mine.public_key().public_bytes(*RAW)
        curve = CURVES[self.offered]
        mine = ec.generate_private_key(curve)
        self.secret = mine.exchange(ec.ECDH(), ec.EllipticCurvePublicKey
                                    .from_encoded_point(curve, self.share))
        return mine.public_key().public_bytes(*POINT)

    VERSION = ext(43, u16(0x0304))

    def hello(self, version=0x0303, random=None, sid=None, suite=0x1301,
              comp=0, versions=VERSION, share=None, more=b"", exts=None,
              tail=b"", size=None):
        if share is None:
            share = ext(51, u16(self.offered) + vec16(self.key_share()))
        else:
            self.key_share()
        if exts is None:
            exts = vec16(versions + share + more)
        return msg(2, u16(version) + (random or self.random)
                   + vec8(self.sid if sid is None else sid) + u16(suite)
                   + u8(comp) + exts + tail, size)

    def retry(self, group=None, cookie=None, **kw):
        share = b"" if group is None else ext(51, u16(group))
        if cookie is not None:
            kw["more"] = ext(44, vec16(cookie))
        kw.setdefault("share", share)
        return self.hello(random=RETRY, **kw)

    def begin(self):
        """Keys of the handshake, behind the ServerHello."""
        early = mac(bytes(32), bytes(32))
        self.hs = mac(expand(early, b"derived", sha(b"")), self.secret)
        h = sha(self.log)
        self.out = Keys(expand(self.hs, b"s hs traffic", h))
        self.inn = Keys(expand(self.hs, b"c hs traffic", h))

    def extensions(self, exts=b""):
        return msg(8, vec16(exts))

    def request(self, context=b"", exts=ext(13, vec16(b"\4\3\x08\4"))):
        return msg(13, vec8(context) + vec16(exts))

    def der(self):
        with open(self.kind + ".pem", "rb") as f:
            return load_pem_x509_certificate(f.read()).public_bytes(
                serialization.Encoding.DER)

    def certificate(self, context=b"", exts=b"", tail=b"", entries=None):
        if entries is None:
            entries = vec24(self.der()) + vec16(exts)
        return msg(11, vec8(context) + vec24(entries) + tail)

    def key(self):
        with open(self.kind + ".key", "rb") as f:
            return serialization.load_pem_private_key(f.read(), None)

    def sign(self, text, algorithm, salt):
        hash_ = {4: hashes.SHA256, 5: hashes.SHA384, 6: hashes.SHA512}
        if self.kind == "ed25519":
            return self.key().sign(text)
        hash_ = hash_.get(algorithm >> 8 if algorithm >> 8 in (4, 5, 6) and
                          self.kind != "rsa" else algorithm & 15,
                          hashes.SHA256)()
        if self.kind != "rsa":
            return self.key().sign(text, ec.ECDSA(hash_))
        if salt == "pkcs1":
            return self.key().sign(text, padding.PKCS1v15(), hash_)
        salt = hash_.digest_size if salt is None else salt
        return self.key().sign(text, padding.PSS(padding.MGF1(hash_), salt),
                               hash_)

    ALGORITHMS = {"rsa": 0x0804, "ec": 0x0403, "ec384": 0x0503,
                  "ed25519": 0x0807}

    def verify(self, algorithm=None, said=None, salt=None, spaces=64,
               context=None, log=None, change=lambda b: b, tail=b""):
        algorithm = algorithm or self.ALGORITHMS[self.kind]
        text = b" " * spaces + (context or self.context)
        text += sha(self.log if log is None else log)
        sig = change(self.sign(text, algorithm, salt))
        return msg(15, u16(algorithm if said is None else said)
                   + vec16(sig) + tail)

    def finished(self, change=lambda b: b, secret=None, kind=20):
        key = expand(secret or self.out.secret, b"finished")
        return msg(kind, change(mac(key, sha(self.log))))

    # --- a whole handshake, of which parts are replaced
    STEPS = ("extensions", "request", "certificate", "verify", "finished")

    def start(self, **hello):
        self.put(self.hello(**hello))
        self.begin()

    def flight(self, upto=None, request=None, **parts):
        for step in self.STEPS:
            if step == "request":
                parts.setdefault("request", request)
            part = parts.get(step, getattr(self, step))
            part = part() if callable(part) else part
            if part is not None:
                self.put(part)
            if step == upto:
                return

    def open(self):
        """The client's Finished, and the application's keys."""
        h = sha(self.log)
        while True:
            got = self.read(HANDSHAKE)
            while got:
                n = 4 + int.from_bytes(got[1:4], "big")
                one, got = got[:n], got[n:]
                if one[0] == 20:
                    assert one == self.finished(secret=self.inn.secret)
                    assert self.ccs == 1
                    return self.switch(h)
                self.log += one
                self.seen = one

    def switch(self, h):
        master = mac(expand(self.hs, b"derived", sha(b"")), bytes(32))
        self.out = Keys(expand(master, b"s ap traffic", h))
        self.inn = Keys(expand(master, b"c ap traffic", h))

    def handshake(self, **parts):
        self.start()
        self.flight(**parts)
        self.open()

    def answer(self):
        self.read(DATA)
        self.seal(DATA, b"olleh\n")

    def close(self):
        self.seal(ALERT, b"\1\0")

    def done(self):
        self.open()
        self.answer()
        self.close()


FAULTS = {}


def one(name, want, f, alert="-"):
    assert name not in FAULTS, name
    FAULTS[name] = (want, alert, f)


def fault(want="failed: .*unexpected message", alert=10):
    def add(f):
        one(f.__name__.replace("_", "-"), want, f, alert)
        return f
    return add


def good(f):
    return fault(GOOD, "0")(f)


GOOD = "^closed.* note: "
BAD_EXTENSION = "failed: .*bad extension"
MALFORMED = "failed: .*malformed"


# --- odd but right
def good_whole(name, kind="rsa", **kw):
    def f(s):
        s.kind = kind
        s.start()
        s.flight(**kw)
        s.done()
    one("good-" + name, GOOD, f, 0)


for kind in ("rsa", "ec", "ec384", "ed25519"):
    good_whole(kind, kind)
for scheme in (0x0805, 0x0806):
    one("good-pss-%04x" % scheme, GOOD, lambda s, a=scheme: (
        s.start(), s.flight(verify=lambda: s.verify(a)), s.done()), 0)
good_whole("names", extensions=msg(8, vec16(ext(0) + ext(10, vec16(
    u16(X25519))))))


@good
def good_request(s):
    s.start()
    s.flight(request=s.request)
    s.done()
    assert s.seen == msg(11, b"\0\0\0\0")


@good
def good_request_unknown(s):
    s.start()
    s.flight(request=s.request(exts=ext(13, vec16(b"\4\3")) + ext(0x1234, b"x")
                               + ext(47, b"\0\0") + ext(0x1234, b"y")))
    s.done()


@good
def good_one_record(s):
    s.start()
    flight = b""
    for step in ("extensions", "certificate", "verify", "finished"):
        m = getattr(s, step)()
        s.log += m
        flight += m
    s.seal(HANDSHAKE, flight)
    s.done()


@good
def good_byte_records(s):
    m = s.hello()
    s.log += m
    for b in m:
        s.clear(HANDSHAKE, u8(b))
    s.begin()
    for step in ("extensions", "certificate", "verify", "finished"):
        m = getattr(s, step)()
        s.log += m
        for b in m:
            s.seal(HANDSHAKE, u8(b))
    s.done()


@good
def good_ccs(s):
    s.clear(CCS, b"\1")
    s.start()
    s.clear(CCS, b"\1")
    for step in ("extensions", "certificate", "verify", "finished"):
        s.put(getattr(s, step)())
        if step != "finished":
            s.clear(CCS, b"\1")
    s.done()


@good
def good_padding(s):
    s.start()
    for n, step in enumerate(("extensions", "certificate", "verify",
                              "finished")):
        s.put(getattr(s, step)(), pad=1 + 700 * n)
    s.open()
    s.seal(DATA, b"", pad=100)
    s.read(DATA)
    s.seal(DATA, b"olleh\n", pad=16384 - 6)
    s.close()


@good
def good_versions_of_records(s):
    m = s.hello()
    s.log += m
    s.clear(HANDSHAKE, m, 0x0301)
    s.begin()
    for step in ("extensions", "certificate", "verify", "finished"):
        s.put(getattr(s, step)(), version=0x0302)
    s.done()


@good
def good_empty_records(s):
    for _ in range(20):
        s.clear(HANDSHAKE, b"")
    s.handshake()
    for _ in range(20):
        s.seal(DATA, b"")
    s.answer()
    s.close()


@good
def good_hello_request(s):
    s.clear(HANDSHAKE, bytes(4))
    s.start()
    s.flight()
    s.done()


@good
def good_hello_in_pieces(s):
    m = s.hello()
    s.log += m
    s.clear(HANDSHAKE, m[:20])
    s.clear(HANDSHAKE, m[20:])
    s.begin()
    s.flight()
    s.done()


@good
def good_tickets(s):
    s.handshake()
    for _ in range(100):
        s.seal(HANDSHAKE, TICKET)
    s.answer()
    s.seal(HANDSHAKE, TICKET)
    s.close()


@good
def good_ticket_in_pieces(s):
    s.handshake()
    for b in TICKET:
        s.seal(HANDSHAKE, u8(b))
    s.answer()
    s.close()


@good
def good_user_canceled(s):
    s.handshake()
    s.answer()
    s.seal(ALERT, b"\1\x5a")
    s.close()


@good
def good_data_behind_close(s):
    s.handshake()
    s.answer()
    s.close()
    s.seal(DATA, b"more")


@good
def good_large_data(s):
    s.handshake()
    s.read(DATA)
    s.seal(DATA, b"olleh\n" + b" " * (16384 - 6))
    s.close()


@good
def good_data_at_once(s):
    """In the flight of Finished, before the client's is there."""
    s.start()
    s.flight()
    h, log = sha(s.log), s.log
    master = mac(expand(s.hs, b"derived", sha(b"")), bytes(32))
    hs_out = s.out
    s.out = Keys(expand(master, b"s ap traffic", h))
    s.seal(DATA, b"ol")
    ours, s.out, s.log = s.out, hs_out, log
    s.open()
    s.out = ours
    s.read(DATA)
    s.seal(DATA, b"leh\n")
    s.close()


TICKET = msg(4, bytes(8) + vec8(b"n") + vec16(b"ticket") + vec16(b""))
UPDATE = msg(24, b"\0")


def update(s, asked):
    s.seal(HANDSHAKE, msg(24, u8(asked)))
    s.out = s.out.updated()


def updated(s):
    assert s.read(HANDSHAKE) == UPDATE
    s.inn = s.inn.updated()


@good
def good_update(s):
    s.handshake()
    update(s, 0)
    s.answer()
    update(s, 0)
    s.close()


@good
def good_update_asked(s):
    s.handshake()
    s.read(DATA)
    for _ in range(3):
        update(s, 1)
        updated(s)
    s.seal(DATA, b"olleh\n")
    s.close()


@good
def good_update_in_pieces(s):
    s.handshake()
    for b in UPDATE:
        s.seal(HANDSHAKE, u8(b))
    s.out = s.out.updated()
    s.answer()
    s.close()


@good
def good_updates(s):
    """However many of them the client has answered so far."""
    s.handshake()
    s.read(DATA)
    for _ in range(200):
        update(s, 1)
    s.seal(DATA, b"olleh\n")
    s.close()
    s.many_updates = True


# --- HelloRetryRequest
def good_retry(name, group=None, cookie=None):
    def f(s):
        s.retried(s.retry(group, cookie), group, cookie)
        s.start()
        s.flight()
        s.done()
    one("good-retry-" + name, GOOD, f, 0)


good_retry("p256", P256)
good_retry("p384", P384)
good_retry("cookie", None, b"c")
good_retry("both", P256, b"cookie" * 50)
good_retry("large", None, b"x" * 40000)


@good
def good_retry_ccs(s):
    s.log = msg(254, sha(s.log))
    s.put(s.retry(P256))
    s.clear(CCS, b"\1")
    s.second_hello(P256)
    s.start()
    s.clear(CCS, b"\1")
    s.flight()
    s.done()


def bad_retry(name, want, alert, group=None, cookie=None, **kw):
    def f(s):
        s.log = msg(254, sha(s.log))
        s.put(s.retry(group, cookie, **kw))
        s.second_hello(group, cookie)
        s.start()
        s.flight()
        s.done()
    one("retry-" + name, want, f, alert)


bad_retry("nothing", "failed: .*the same hello again", 47)
bad_retry("same-group", BAD_EXTENSION, 47, X25519)
bad_retry("other-group", BAD_EXTENSION, 47, 30)
bad_retry("group-0", BAD_EXTENSION, 47, 0)
bad_retry("long-group", BAD_EXTENSION, 47, share=ext(51, u16(P256) + b"\0"))
bad_retry("whole-share", BAD_EXTENSION, 47,
          share=ext(51, u16(P256) + vec16(bytes(65))))
bad_retry("empty-share", BAD_EXTENSION, 47, share=ext(51))
bad_retry("empty-cookie", BAD_EXTENSION, 50, cookie=b"")
bad_retry("cookie-overrun", BAD_EXTENSION, 50, more=ext(44, b"\0\5abc"))
bad_retry("cookie-tail", BAD_EXTENSION, 50, more=ext(44, b"\0\1ab"))
bad_retry("cookie-twice", BAD_EXTENSION, 47, P256,
          more=2 * ext(44, vec16(b"c")))
bad_retry("unasked", BAD_EXTENSION, 110, P256, more=ext(16, b"\0\2\1a"))
bad_retry("names", BAD_EXTENSION, 47, P256, more=ext(0))
bad_retry("compression", "failed: .*compression", 47, P256, comp=1)
bad_retry("sid", "failed: .*session id", 47, P256, sid=bytes(32))
bad_retry("suite", "failed: .*suite that was not offered", 47, P256,
          suite=0x1304)
bad_retry("suite12", "failed: .*suite that was not offered", 47, P256,
          suite=0xC02F)


@fault("failed: .*twice", 10)
def retry_twice(s):
    s.retried(s.retry(P256), P256)
    s.put(s.retry(P384))
    s.client_hello()


@fault("failed: .*suite that was not offered", 47)
def retry_to_other_suite(s):
    s.retried(s.retry(P256), P256)
    s.start(suite=0x1303)
    s.flight()


@fault("failed: .*another group", 47)
def retry_other_share(s):
    s.retried(s.retry(P256), P256)
    s.start(share=ext(51, u16(P384) + vec16(bytes(97))))
    s.flight()


@fault("failed: .*changes its TLS version", 70)
def retry_to_12(s):
    s.retried(s.retry(P256), P256)
    s.put(s.hello(suite=0xC02F, exts=b""))


@fault()
def retry_and_hello(s):
    s.raw(b"\x16\3\3" + vec16(s.retry(P256) + s.hello()))
    s.client_hello()


@fault("failed: .*version that was not offered|failed: .*bad ext", "-")
def retry_without_version(s):
    s.put(s.retry(P256, versions=b""))
    s.client_hello()


# --- the ServerHello
def bad_hello(name, want, alert, **kw):
    def f(s):
        s.start(**kw)
        s.flight()
        s.done()
    one("hello-" + name, want, f, alert)


NOT_OFFERED = "failed: .*version that was not offered"
for name, v in (("12", 0x0303), ("14", 0x0305), ("draft", 0x7F1C), ("0", 0)):
    bad_hello("version-" + name, NOT_OFFERED, 47, versions=ext(43, u16(v)))
bad_hello("version-list", NOT_OFFERED, 47, versions=ext(43, b"\2\3\4"))
bad_hello("version-empty", NOT_OFFERED, 47, versions=ext(43))
bad_hello("version-twice", BAD_EXTENSION, 47, more=Server.VERSION)
bad_hello("version-none", BAD_EXTENSION, 47, versions=b"")
bad_hello("legacy-13", NOT_OFFERED, 47, version=0x0304)
bad_hello("legacy-11", NOT_OFFERED, 47, version=0x0302)
SESSION = "failed: .*session id"
bad_hello("sid-other", SESSION, 47, sid=bytes(32))
bad_hello("sid-none", SESSION, 47, sid=b"")
bad_hello("sid-31", SESSION, 47, sid=bytes(31))
bad_hello("sid-33", SESSION, 47, sid=bytes(33))
SUITE = "failed: .*suite that was not offered"
for suite in (0x1304, 0x1305, 0, 0xC02F, 0x00FF):
    bad_hello("suite-%04x" % suite, SUITE, 47, suite=suite)
bad_hello("compression", "failed: .*compression", 47, comp=1)
for name, kind, body, alert in (
        ("alpn", 16, b"\0\2\1a", 110), ("psk", 41, b"\0\0", 110),
        ("early", 42, b"", 110), ("ticket", 35, b"", 110),
        ("names", 0, b"", 47), ("ems", 23, b"", 47),
        ("groups", 10, b"\0\2\0\x1d", 47), ("points", 11, b"\1\0", 47),
        ("schemes", 13, b"\0\2\4\3", 47), ("reneg", 0xFF01, b"\0", 47),
        ("cookie", 44, b"\0\1c", 47), ("unknown", 0x1234, b"", 110)):
    bad_hello(name, BAD_EXTENSION, alert, more=ext(kind, body))
NO_SHARE = "failed: .*no key share"
bad_hello("no-share", NO_SHARE, 47, share=b"")
bad_hello("empty-share", NO_SHARE, 47, share=ext(51))
bad_hello("share-twice", BAD_EXTENSION, 47, more=ext(51, bytes(36)))
bad_hello("share-p256", NO_SHARE, 47,
          share=ext(51, u16(P256) + vec16(bytes(65))))
bad_hello("share-x448", NO_SHARE, 47, share=ext(51, u16(30) + vec16(bytes(56))))
bad_hello("share-list", NO_SHARE, 47,
          share=ext(51, vec16(u16(X25519) + vec16(bytes(32)))))
bad_hello("share-tail", NO_SHARE, 47,
          share=ext(51, u16(X25519) + vec16(bytes(32)) + b"\0"))
bad_hello("share-stump", NO_SHARE, 47, share=ext(51, u16(X25519) + b"\0\x20a"))
for n in (0, 31, 33):
    bad_hello("share-%d" % n, "failed: .*wrong size", 47,
              share=ext(51, u16(X25519) + vec16(b"\x09" * n)))
for name, point in (("zero", bytes(32)), ("one", b"\1" + bytes(31)),
                    ("order", bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46a"
                                            "da098deb9c32b1fd866205165f49b800"))):
    bad_hello("share-" + name, "failed: .*off the curve", 47,
              share=ext(51, u16(X25519) + vec16(point)))
bad_hello("overrun", BAD_EXTENSION, 50, more=u16(16) + b"\0\x50a")
bad_hello("stump", BAD_EXTENSION, 50, more=b"\0")
bad_hello("tail", "failed: .*bytes after", 50, tail=b"\0")
bad_hello("short", "failed: ", "-", size=20)
bad_hello("long", "failed: .*(closed|unexpected)", "-", size=300)
bad_hello("huge", "failed: .*too large", 47, size=0xFFFFFF)
bad_hello("no-extensions", SUITE, 47, exts=b"")


@fault()
def hello_and_more(s):
    m = s.hello()
    s.clear(HANDSHAKE, m + s.extensions())
    s.read(HANDSHAKE)


@fault()
def hello_and_byte(s):
    s.clear(HANDSHAKE, s.hello() + b"\x08")
    s.read(HANDSHAKE)


@fault()
def hello_twice(s):
    s.start()
    s.put(s.hello())
    s.flight()


@fault("failed: .*unexpected message", "-")
def hello_twice_in_clear(s):
    s.start()
    s.clear(HANDSHAKE, s.hello())
    s.flight()


def downgrade(name, version, end, want="failed: .*older TLS version"):
    def f(s):
        s.random = s.random[:24] + b"DOWNGRD" + u8(end)
        m = s.hello(version=version, suite=0xC02F, exts=b"")
        s.clear(HANDSHAKE, m, version)
        s.read(HANDSHAKE)
    one("downgrade-" + name, want, f, 47)


downgrade("12", 0x0303, 1)
FAULTS["downgrade-11"] = ("failed: .*only TLS 1.1", 70, lambda s: (
    s.clear(HANDSHAKE, s.hello(version=0x0302, suite=0xC013, exts=b""),
            0x0302), s.read(HANDSHAKE)))


# --- ChangeCipherSpec
def bad_ccs(name, data, alert=10, want="failed: .*(unexpected|malformed)"):
    def early(s):
        s.clear(CCS, data)
        s.read(HANDSHAKE)

    def late(s):
        s.start()
        s.clear(CCS, data)
        s.flight()
        s.done()
    one("ccs-early-" + name, want, early, 47)
    one("ccs-" + name, want, late, alert)


for name, data in (("zero", b"\0"), ("two", b"\1\1"), ("other", b"\2"),
                   ("long", bytes(40))):
    bad_ccs(name, data)


@fault()
def ccs_inside_hello(s):
    s.clear(HANDSHAKE, s.hello()[:20])
    s.clear(CCS, b"\1")
    s.read(HANDSHAKE)


@fault()
def ccs_inside_message(s):
    s.start()
    s.seal(HANDSHAKE, s.extensions()[:3])
    s.clear(CCS, b"\1")
    s.read(HANDSHAKE)


@fault()
def ccs_sealed(s):
    s.start()
    s.seal(CCS, b"\1")
    s.flight()
    s.done()


@fault()
def ccs_behind_finished(s):
    s.handshake()
    s.clear(CCS, b"\1")
    s.answer()


@fault("failed: .*too many records")
def ccs_flood(s):
    s.start()
    for _ in range(100):
        s.raw(100 * b"\x14\3\3\0\1\1")
    s.flight()
    s.done()


# --- EncryptedExtensions and CertificateRequest
def bad_part(step, name, want, alert, part, **kw):
    def f(s):
        s.start()
        s.flight(**{step: lambda: part(s) if callable(part) else part}, **kw)
        s.done()
    one(step + "-" + name, want, f, alert)


for name, exts, alert in (
        ("alpn", ext(16, b"\0\2\1a"), 110), ("share", ext(51, bytes(36)), 47),
        ("version", Server.VERSION, 47), ("cookie", ext(44, b"\0\1c"), 47),
        ("schemes", ext(13, b"\0\2\4\3"), 47), ("ems", ext(23), 47),
        ("early", ext(42), 110), ("limit", ext(28, b"\x40\0"), 110),
        ("unknown", ext(0x1234), 110), ("names-twice", 2 * ext(0), 47),
        ("names-text", ext(0, b"x"), 50), ("overrun", b"\0\0\0\5", 50),
        ("stump", b"\0", 50)):
    bad_part("extensions", name, BAD_EXTENSION, alert, msg(8, vec16(exts)))
bad_part("extensions", "tail", MALFORMED, 50, msg(8, b"\0\0\0"))
bad_part("extensions", "empty", BAD_EXTENSION, 50, msg(8, b""))
bad_part("extensions", "none", "failed: .*unexpected", 10, None)
bad_part("extensions", "twice", "failed: .*unexpected", 10,
         2 * msg(8, vec16(b"")))
REQUEST = ext(13, vec16(b"\4\3\x08\4"))
bad_part("request", "context", "failed: .*context", 47,
         lambda s: s.request(b"x"))
bad_part("request", "no-schemes", "failed: .*without algorithms", 109,
         lambda s: s.request(exts=ext(47, b"\0\0")))
for name, exts, want in (
        ("none", ext(13, vec16(b"")), MALFORMED), ("empty", ext(13), MALFORMED),
        ("odd", ext(13, vec16(b"\4\3\x08")), MALFORMED),
        ("list-tail", ext(13, vec16(b"\4\3") + b"\0"), MALFORMED),
        ("overrun", b"\0\x0d\0\x09\0", BAD_EXTENSION)):
    bad_part("request", name, want, 50,
             lambda s, e=exts: s.request(exts=e))
bad_part("request", "schemes-twice", BAD_EXTENSION, 47,
         lambda s: s.request(exts=2 * REQUEST))
bad_part("request", "tail", MALFORMED, 50,
         lambda s: msg(13, s.request()[4:] + b"\0"))
bad_part("request", "of-12", "failed: ", 50,
         msg(13, b"\2\1\x40" + vec16(b"\4\3") + vec16(b"")))
bad_part("request", "twice", "failed: .*unexpected", 10,
         lambda s: 2 * s.request())


# --- Certificate
bad_part("certificate", "none", "failed: .*unexpected", 10, None)
bad_part("certificate", "twice", "failed: .*unexpected", 10,
         lambda s: 2 * s.certificate())
bad_part("certificate", "compressed", "failed: .*unexpected", 10,
         msg(25, bytes(20)))
bad_part("certificate", "empty-list", "failed: .*sent none", "-",
         msg(11, b"\0\0\0\0"))
bad_part("certificate", "empty", "failed: .*not a certificate", "-",
         lambda s: s.certificate(entries=b"\0\0\0\0\0"))
bad_part("certificate", "context", "failed: .*context", 47,
         lambda s: s.certificate(context=b"x"))
bad_part("certificate", "status", BAD_EXTENSION, 110,
         lambda s: s.certificate(exts=ext(5, b"\1\0\0\1x")))
bad_part("certificate", "tail", MALFORMED, 50,
         lambda s: s.certificate(tail=b"\0"))
bad_part("certificate", "of-12", "failed: ", 50,
         lambda s: msg(11, vec24(vec24(s.der()))))
bad_part("certificate", "overrun", MALFORMED, 50,
         msg(11, b"\0" + vec24(b"\0\1\0abc\0\0")))
bad_part("certificate", "no-extensions", MALFORMED, 50,
         lambda s: s.certificate(entries=vec24(s.der())))
bad_part("certificate", "junk", "failed: .*not a certificate", "-",
         lambda s: s.certificate(entries=vec24(bytes(500)) + b"\0\0"))
bad_part("certificate", "cut", "failed: .*certificate", "-",
         lambda s: s.certificate(entries=vec24(s.der()[:-1]) + b"\0\0"))
bad_part("certificate", "many", "failed: .*too many", "-",
         lambda s: s.certificate(entries=40 * (vec24(s.der()) + b"\0\0")))
bad_part("certificate", "stump", MALFORMED, 50,
         lambda s: s.certificate()[:-1])


@fault("failed: .*too (many or )?large", "-")
def certificate_huge(s):
    s.start()
    s.put(s.extensions())
    m = msg(11, b"", 300000)
    s.seal(HANDSHAKE, m)
    for _ in range(20):
        s.seal(HANDSHAKE, bytes(16000))


@fault("failed: .*too many or too large", "-")
def certificate_large(s):
    s.start()
    s.put(s.extensions())
    m = s.certificate(entries=vec24(s.der()) + b"\0\0" + 6 * (
        vec24(bytes(44000)) + b"\0\0"))
    for at in range(0, len(m), 16000):
        s.seal(HANDSHAKE, m[at:at + 16000])
    s.read(HANDSHAKE)


# --- CertificateVerify
SIGNATURE = "failed: .*signature does not fit"
ALGORITHM = "failed: .*algorithm that was not offered"


def bad_verify(name, want=SIGNATURE, kind="rsa", **kw):
    def f(s):
        s.kind = kind
        s.start()
        s.flight(verify=lambda: s.verify(**kw))
        s.done()
    one("verify-" + name, want, f, 51)


bad_part("verify", "none", "failed: .*unexpected", 10, None)
bad_part("verify", "twice", "failed: .*unexpected", 10,
         lambda s: 2 * s.verify())
bad_part("verify", "tail", MALFORMED, 50, lambda s: s.verify(tail=b"\0"))
bad_part("verify", "empty", MALFORMED, 50, msg(15, b""))
bad_part("verify", "overrun", MALFORMED, 50, msg(15, b"\x08\4\1\0abc"))
bad_verify("client-context", context=b"TLS 1.3, client CertificateVerify\0")
bad_verify("no-zero", context=b"TLS 1.3, server CertificateVerify")
bad_verify("spaces", spaces=63)
bad_verify("no-spaces", spaces=0)
bad_verify("transcript", log=b"another")
bad_verify("flip", change=lambda b: b[:100] + u8(b[100] ^ 1) + b[101:])
bad_verify("zeros", change=lambda b: bytes(len(b)))
bad_verify("short", change=lambda b: b[:-1])
bad_verify("long", change=lambda b: b + b"\0")
bad_verify("no-signature", change=lambda b: b"")
bad_verify("huge", change=lambda b: b + bytes(5000))
bad_verify("salt-0", salt=0)
bad_verify("salt-20", salt=20)
bad_verify("salt-max", salt=222)
bad_verify("other-hash", algorithm=0x0805, said=0x0804)
bad_verify("pkcs1", ALGORITHM, algorithm=0x0401, salt="pkcs1")
bad_verify("pkcs1-as-pss", algorithm=0x0804, salt="pkcs1")
for said in (0x0201, 0x0203, 0x0403, 0x0807, 0x0809, 0x0101, 0, 0xFFFF, 0x0808):
    bad_verify("said-%04x" % said, ALGORITHM, said=said)
bad_verify("ec-other-curve", ALGORITHM, "ec", algorithm=0x0503)
bad_verify("ec384-other-curve", ALGORITHM, "ec384", algorithm=0x0403)
bad_verify("ec-as-rsa", ALGORITHM, "ec", said=0x0804)
bad_verify("ec-zeros", SIGNATURE, "ec",
           change=lambda b: bytes.fromhex("3006020100020100"))
bad_verify("ec-flip", SIGNATURE, "ec", change=lambda b: b[:-1]
           + u8(b[-1] ^ 1))
bad_verify("ec-tail", SIGNATURE, "ec", change=lambda b: b + b"\0")
bad_verify("ec-empty", SIGNATURE, "ec", change=lambda b: b"")
bad_verify("ed25519-short", SIGNATURE, "ed25519", change=lambda b: b[:63])
bad_verify("ed25519-flip", SIGNATURE, "ed25519",
           change=lambda b: u8(b[0] ^ 1) + b[1:])


@fault(ALGORITHM, 51)
def verify_other_key(s):
    """The certificate is of one key, the signature of another."""
    s.start()
    s.put(s.extensions(), s.certificate())
    s.kind = "ec"
    s.put(s.verify())
    s.put(s.finished())
    s.done()


# --- Finished
FINISHED = "failed: .*bad Finished"


def bad_finished(name, want=FINISHED, alert=51, **kw):
    def f(s):
        s.start()
        s.flight(finished=lambda: s.finished(**kw))
        s.done()
    one("finished-" + name, want, f, alert)


bad_finished("bad", change=lambda b: u8(b[0] ^ 1) + b[1:])
bad_finished("bad-end", change=lambda b: b[:-1] + u8(b[-1] ^ 1))
bad_finished("short", change=lambda b: b[:12])
bad_finished("long", change=lambda b: b + b"\0")
bad_finished("empty", change=lambda b: b"")
bad_finished("zeros", change=lambda b: bytes(32))
bad_finished("secret", secret=bytes(32))
bad_finished("kind", "failed: .*unexpected", 10, kind=21)


@fault(FINISHED, 51)
def finished_of_client(s):
    s.start()
    s.flight(finished=lambda: s.finished(secret=s.inn.secret))
    s.done()


@fault()
def finished_first(s):
    s.start()
    s.put(s.extensions(), s.finished())
    s.done()


@fault()
def finished_before_verify(s):
    s.start()
    s.put(s.extensions(), s.certificate(), s.finished())
    s.done()


@fault()
def finished_and_more(s):
    s.start()
    s.flight("verify")
    m = s.finished()
    s.log += m
    s.seal(HANDSHAKE, m + TICKET)
    s.done()


@fault()
def finished_and_byte(s):
    s.start()
    s.flight("verify")
    m = s.finished()
    s.log += m
    s.seal(HANDSHAKE, m + b"\4")
    s.done()


# The client has finished by then, and its keys are those of the application.
@fault("failed: .*bad MAC", "-")
def finished_twice(s):
    s.start()
    s.flight()
    s.seal(HANDSHAKE, s.finished())
    s.exactly(100)


@fault()
def finished_in_clear(s):
    s.start()
    s.flight("verify")
    s.clear(HANDSHAKE, s.finished())
    s.read(HANDSHAKE)


# --- records
@fault("failed: .*bad MAC", 20)
def record_spoilt(s):
    s.start()
    s.seal(HANDSHAKE, s.extensions(), spoil=1)
    s.read(HANDSHAKE)


@fault("failed: .*bad MAC", 20)
def record_out_of_order(s):
    s.start()
    s.out.seq = 1
    s.flight()
    s.done()


@fault("failed: .*bad MAC", 20)
def record_again(s):
    s.handshake()
    s.seal(DATA, b"x")
    s.out.seq -= 1
    s.seal(DATA, b"x")
    s.answer()


@fault("failed: .*bad MAC", "-")
def record_wrong_epoch(s):
    s.start()
    s.flight()
    old = s.out
    s.open()
    s.out = old
    s.seal(DATA, b"olleh\n")
    s.exactly(1)


def bad_record(name, want="failed: .*unexpected", alert=10, kind=HANDSHAKE,
               **kw):
    def f(s):
        s.start()
        s.seal(kind, b"x", **kw)
        s.read(HANDSHAKE)
    one("record-" + name, want, f, alert)

    def late(s):
        s.handshake()
        s.seal(kind, b"x", **kw)
        s.answer()
    one("record-late-" + name, want, late, alert)


for outer in (21, 22, 24, 0, 255):
    bad_record("outer-%d" % outer, outer=outer)
for kind in (0, 19, 24, 99, 255):
    bad_record("kind-%d" % kind, kind=kind)
bad_record("zeros", inner=bytes(100))
bad_record("zero", inner=b"\0")
bad_record("no-plaintext", inner=b"")
bad_record("no-message", inner=b"\x16")
bad_record("no-message-padded", inner=b"\x16\0\0\0")
bad_record("no-alert", inner=b"\x15")
bad_record("too-large", "failed: .*too large", 22, inner=bytes(16385) + b"\x17")
bad_record("too-much-padding", "failed: .*too large", 22,
           inner=b"\x17" + bytes(16385))


@fault("failed: .*wrong length", 22)
def record_longer_than_any(s):
    s.start()
    s.raw(b"\x17\3\3" + u16(16384 + 257) + bytes(16384 + 257))
    s.read(HANDSHAKE)


@fault("failed: .*wrong length", 22)
def record_empty(s):
    s.start()
    s.raw(b"\x17\3\3\0\0")
    s.read(HANDSHAKE)


@fault("failed: .*bad MAC", 20)
def record_of_tag_size(s):
    s.start()
    s.raw(b"\x17\3\3" + vec16(bytes(15)))
    s.read(HANDSHAKE)


@fault("failed: .*bad MAC", 20)
def record_all_zeros(s):
    s.start()
    s.raw(b"\x17\3\3" + vec16(bytes(300)))
    s.read(HANDSHAKE)


@fault("failed: .*not TLS", 70)
def record_version_2(s):
    s.start()
    s.seal(HANDSHAKE, s.extensions(), version=0x0200)
    s.read(HANDSHAKE)


@fault("failed: .*wrong length", 22)
def record_large_in_clear(s):
    s.raw(b"\x16\3\3" + u16(16385) + bytes(16385))
    s.read(HANDSHAKE)


# --- data in the wrong place
@fault()
def data_first(s):
    s.clear(DATA, b"olleh\n")
    s.read(HANDSHAKE)


@fault()
def data_behind_hello(s):
    s.start()
    s.seal(DATA, b"olleh\n")
    s.flight()


@fault()
def data_before_finished(s):
    s.start()
    s.flight("verify")
    s.seal(DATA, b"olleh\n")
    s.read(HANDSHAKE)


@fault()
def data_empty_before_finished(s):
    s.start()
    s.seal(DATA, b"")
    s.flight()
    s.done()


@fault()
def data_inside_message(s):
    s.start()
    s.seal(HANDSHAKE, s.extensions()[:3])
    s.seal(DATA, b"olleh\n")
    s.read(HANDSHAKE)


@fault()
def data_inside_ticket(s):
    s.handshake()
    s.read(DATA)
    s.seal(HANDSHAKE, TICKET[:9])
    s.seal(DATA, b"olleh\n")
    s.read(DATA)


@fault("failed: .*(bad MAC|unexpected)", "-")
def data_in_clear(s):
    s.handshake()
    s.clear(DATA, b"olleh\n" * 4)
    s.answer()


@fault("failed: .*unexpected")
def message_in_clear(s):
    s.start()
    s.clear(HANDSHAKE, s.extensions())
    s.read(HANDSHAKE)


# --- alerts
def bad_alert(name, data, want, alert="-"):
    def f(s):
        s.start()
        s.seal(ALERT, data)
        s.flight()
        s.done()
    one("alert-" + name, want, f, alert)

    def late(s):
        s.handshake()
        s.seal(ALERT, data)
        s.answer()
    one("alert-late-" + name, want, late, alert)


bad_alert("fatal", b"\2\x28", "failed: .*server sent alert handshake_failure")
bad_alert("warning", b"\1\x28", "failed: .*sent alert handshake_failure")
bad_alert("no-level", b"\0\x47", "failed: .*sent alert insufficient_security")
bad_alert("unknown", b"\2\xee", "failed: .*sent alert of unknown kind")
bad_alert("half", b"\2", "failed: .*malformed alert", 50)
bad_alert("three", b"\2\x28\0", "failed: .*malformed alert", 50)
bad_alert("two", b"\1\x5a\1\0", "failed: .*malformed alert", 50)


@fault("failed: .*sent alert protocol_version: perhaps", "-")
def alert_first(s):
    s.clear(ALERT, b"\2\x46")


@fault("failed: .*sent alert handshake_failure: perhaps", "-")
def alert_first_in_pieces(s):
    s.clear(ALERT, b"\2")
    s.clear(ALERT, b"\x28")


@fault()
def alert_in_clear(s):
    s.start()
    s.clear(ALERT, b"\2\x28")
    s.read(HANDSHAKE)


@fault()
def alert_inside_message(s):
    s.start()
    s.seal(HANDSHAKE, s.extensions()[:3])
    s.seal(ALERT, b"\1\x5a")
    s.read(HANDSHAKE)


@fault("failed: .*closed the connection", 0)
def close_in_handshake(s):
    s.start()
    s.close()
    s.read(HANDSHAKE)


@fault("failed: .*closed the connection: perhaps", "-")
def close_first(s):
    s.clear(ALERT, b"\1\0")


# --- behind Finished
def bad_later(name, m, want="failed: .*unexpected", alert=10):
    def f(s):
        s.handshake()
        s.seal(HANDSHAKE, m)
        s.answer()
    one("later-" + name, want, f, alert)


for kind in (0, 1, 2, 5, 8, 11, 13, 14, 15, 20, 23, 67, 254):
    bad_later("type-%d" % kind, msg(kind, b""))
bad_later("request", msg(13, b"\1x" + vec16(REQUEST)))
bad_later("ticket-empty", msg(4, b""), MALFORMED, 50)
bad_later("ticket-none", msg(4, bytes(8) + b"\0\0\0\0\0"), MALFORMED, 50)
bad_later("ticket-tail", msg(4, TICKET[4:] + b"\0"), MALFORMED, 50)
bad_later("ticket-stump", msg(4, TICKET[4:-1]), MALFORMED, 50)
bad_later("ticket-nonce", msg(4, bytes(8) + b"\xff" + bytes(20)), MALFORMED, 50)
bad_later("ticket-overrun", msg(4, bytes(9) + b"\xff\xff" + bytes(20)),
          MALFORMED, 50)
bad_later("ticket-extensions", msg(4, TICKET[4:-2] + b"\0\5"), MALFORMED, 50)
bad_later("huge", msg(4, b"", 0xFFFFFF), "failed: .*too large", 47)
bad_later("update-2", msg(24, b"\2"), MALFORMED, 47)
bad_later("update-255", msg(24, b"\xff"), MALFORMED, 47)
bad_later("update-empty", msg(24, b""), MALFORMED, 50)
bad_later("update-long", msg(24, b"\0\0"), MALFORMED, 50)
bad_later("update-and-more", UPDATE + TICKET)
bad_later("update-and-byte", UPDATE + b"\4")
bad_later("update-twice", 2 * UPDATE)
bad_later("update-without", UPDATE, "failed: .*bad MAC", 20)


@fault()
def ticket_early(s):
    s.start()
    s.put(TICKET)
    s.flight()


@fault()
def update_early(s):
    s.start()
    s.flight("verify", verify=lambda: s.verify())
    s.put(UPDATE)
    s.read(HANDSHAKE)


@fault("failed: .*bad MAC", 20)
def update_back(s):
    s.handshake()
    old = s.out
    update(s, 0)
    s.out = old
    s.answer()


def flood(name, record):
    def f(s):
        s.handshake()
        s.many_updates = True
        for _ in range(6000):
            record(s)
    one("flood-" + name, "failed: .*too many records", f, "-")


flood("empty", lambda s: s.seal(DATA, b""))
flood("padding", lambda s: s.seal(DATA, b"", pad=200))
flood("tickets", lambda s: s.seal(HANDSHAKE, TICKET))
flood("updates", lambda s: update(s, 0))
flood("updates-asked", lambda s: update(s, 1))
flood("canceled", lambda s: s.seal(ALERT, b"\1\x5a"))


# --- cut
STEPS = ("hello", "extensions", "certificate", "verify", "finished", "open",
         "ticket")
for number, name in enumerate(STEPS):
    def cut(s, number=number):
        s.start()
        if number:
            s.flight(Server.STEPS[(0, 0, 2, 3, 4, 4, 4)[number]])
        if number > 4:
            s.open()
        if number > 5:
            s.seal(HANDSHAKE, TICKET)
        raise Gone
    one("cut-" + name, "failed: .*(closed|cut) the connection|failed: .*reset",
        cut)


@fault("failed: .*closed the connection: perhaps", "-")
def cut_at_once(s):
    raise Gone


@fault("failed: .*(closed the connection|reset)", "-")
def cut_in_hello(s):
    s.raw(b"\x16\3\3\0\x50" + s.hello()[:20])
    raise Gone


@fault("failed: .*(cut the connection|reset)", "-")
def cut_behind_data(s):
    s.handshake()
    s.answer()
    raise Gone


# --- the server
def serve(sock, alerts):
    s, name = Server(sock), "?"
    try:
        name = s.client_hello()
        s.faulty = FAULTS[name][1] not in ("0", 0, "-")
        FAULTS[name][2](s)
        while True:
            if getattr(s, "many_updates", False):
                kind, body = s.record()
                if (kind, body) == (HANDSHAKE, UPDATE):
                    s.inn = s.inn.updated()
            else:
                s.record()
    except (Gone, OSError):
        pass
    except Exception as e:
        print("#", name, repr(e), file=sys.stderr, flush=True)
        s.alert = repr(e)
    sock.close()
    with open(alerts, "a") as f:
        f.write("%s\t%s\n" % (name, s.alert))


def main():
    if sys.argv[1:] == ["--list"]:
        for name, (want, alert, _) in FAULTS.items():
            print("%s\t%s\t%s" % (name, alert, want))
        return
    top = socket.create_server(("127.0.0.1", 0), backlog=64)
    with open(sys.argv[2] + ".new", "w") as f:
        f.write("%d\n" % top.getsockname()[1])
    os.rename(sys.argv[2] + ".new", sys.argv[2])
    while True:
        sock = top.accept()[0]
        sock.settimeout(10)
        threading.Thread(target=serve, args=(sock, sys.argv[2] + ".alerts"),
                         daemon=True).start()


main()
