# ssl_trials.py COUNT TRIALS [KIND...] - COUNT times each, or only those kinds:
# what OpenSSL signs and agrees on with random keys, through the program TRIALS.
# Moduli of all lengths, so that they begin in the middle of a byte; the more
# there are, the more signatures, points and secrets have leading zeros. Prints
# a line for each kind: how many, how many with such a zero, how many wrong.
import math
import random
import subprocess
import sys
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (
    ec, ed25519, padding, rsa, utils, x25519)

COUNT = int(sys.argv[1])
KINDS = sys.argv[3:]
SEED = str(time.time_ns())
HASHES = {4: hashes.SHA256(), 5: hashes.SHA384(), 6: hashes.SHA512()}
RSA, PSS, EC, ED = 1, 2, 3, 4
GROUPS = {23: ec.SECP256R1(), 24: ec.SECP384R1(), 25: ec.SECP521R1()}
# Bits of a modulus: all that a byte can begin with, and those in use.
BITS = list(range(1041, 1057)) + list(range(2041, 2049)) + [3072, 4096]
failed = 0


def spki(key):
    return key.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo).hex()


# make() gives a line, whether it has such a zero, and what right(answer, that)
# needs.
def trials(name, count, make, right):
    global failed
    if KINDS and name not in KINDS:
        return
    lines = [make() for _ in range(count)]
    done = subprocess.run([sys.argv[2], SEED], check=True, text=True,
                          stdout=subprocess.PIPE,
                          input="".join(line[0] + "\n" for line in lines))
    answers = done.stdout.splitlines()
    wrong = [line for line, answer in zip(lines, answers)
             if not right(answer.split(" "), line[2])]
    wrong += lines[len(answers):]
    zeros = sum(line[1] for line in lines)
    print(f"{name}: {len(lines)}, {zeros} with zeros, {len(wrong)} wrong",
          flush=True)
    for line in wrong[:3]:
        print("#", line[0][:2000])
    failed += len(wrong) > 0


def fits(answer, _):
    return answer == ["1", "0"]


def sig(kind, number, salt, key, signature):
    text = random.randbytes(random.randrange(200))
    s = signature(text)
    return (f"sig {kind} {number} {salt} {spki(key)} {text.hex() or '-'}"
            f" {s.hex()}", s[0] == 0, None)


def rsa_sig(keys, kind):
    key, number = random.choice(keys), random.choice(list(HASHES))
    h = HASHES[number]
    pad, salt = padding.PKCS1v15(), 0
    if kind == PSS:
        most = (key.key_size - 1 + 7) // 8 - h.digest_size - 2
        salt = random.choice([0, 20, most, random.randrange(most + 1)]
                             + 4 * [h.digest_size])
        salt = min(salt, most)
        pad = padding.PSS(padding.MGF1(h), salt)
    return sig(kind, number, salt, key, lambda text: key.sign(text, pad, h))


def ec_sig(keys):
    key, number = random.choice(keys), random.choice(list(HASHES))
    line, _, _ = sig(EC, number, 0, key, lambda text: key.sign(
        text, ec.ECDSA(HASHES[number])))
    r, s = utils.decode_dss_signature(bytes.fromhex(line.split()[-1]))
    return line, min(r, s).bit_length() <= (key.key_size + 7) // 8 * 8 - 9, None


def number_hex(n):
    return n.to_bytes((n.bit_length() + 7) // 8, "big").hex()


def our_pss(keys):
    key, number = random.choice(keys), random.choice(list(HASHES))
    n = key.private_numbers()
    text = random.randbytes(40)
    parts = " ".join(map(number_hex, (n.p, n.q, n.dmp1, n.dmq1, n.iqmp)))
    return (f"pss {number} {key.key_size} {parts} {text.hex()}", False,
            (key, number, text))


def verifies(answer, context):
    key, number, text = context
    h = HASHES[number]
    if (key.key_size - 1 + 7) // 8 < 2 * h.digest_size + 2:
        return answer == [""]
    try:
        key.public_key().verify(
            bytes.fromhex(answer[0]), text,
            padding.PSS(padding.MGF1(h), h.digest_size), h)
        return len(answer[0]) == 2 * ((key.key_size + 7) // 8)
    except Exception:
        return False


def curve(group):
    if group == 29:
        key = x25519.X25519PrivateKey.generate()
        point = key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return f"ec 29 {point.hex()}", 0 in (point[0], point[-1]), key
    key = ec.generate_private_key(GROUPS[group])
    point = key.public_key().public_bytes(
        serialization.Encoding.X962,
        serialization.PublicFormat.UncompressedPoint)
    return f"ec {group} {point.hex()}", point[1] == 0, key


def same_secret(answer, key):
    ours = bytes.fromhex(answer[0])
    if isinstance(key, x25519.X25519PrivateKey):
        want = key.exchange(x25519.X25519PublicKey.from_public_bytes(ours))
    else:
        want = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey
                            .from_encoded_point(key.curve, ours))
    return answer[1] == want.hex()


SMALL = math.prod(range(3, 2000, 2))


def prime(bits):
    while True:
        n = random.getrandbits(bits) | 1 << (bits - 1) | 1
        if math.gcd(n, SMALL) == 1 and pow(2, n - 1, n) == 1:
            return n


def finite(primes):
    p, x = random.choice(primes), random.getrandbits(256)
    y = pow(2, x, p)
    # Some write a number with the length of p, and some with one zero more.
    size = (p.bit_length() + 7) // 8
    y_hex = y.to_bytes(size, "big").hex() if x & 1 else number_hex(y)
    p_hex = ("00" if x & 2 else "") + number_hex(p)
    return f"dh {p_hex} 02 {y_hex}", y >> 8 * size - 8 == 0, (p, x)


def same_power(answer, context):
    p, x = context
    if len(answer) != 2 or len(answer[0]) != 2 * ((p.bit_length() + 7) // 8):
        return False
    return answer[1] == number_hex(pow(int(answer[0], 16), x, p))


def main():
    few = COUNT < 1000
    keys = [rsa.generate_private_key(65537, bits) for bits in
            (random.sample(BITS[:-2], 6) if few else BITS)]
    trials("RSA", COUNT, lambda: rsa_sig(keys, RSA), fits)
    trials("PSS", COUNT, lambda: rsa_sig(keys, PSS), fits)
    trials("PSS, ours", COUNT // 4, lambda: our_pss(keys), verifies)
    for c in GROUPS.values():
        ec_keys = [ec.generate_private_key(c) for _ in range(20)]
        trials("ECDSA, " + c.name, COUNT, lambda: ec_sig(ec_keys), fits)
    ed_keys = [ed25519.Ed25519PrivateKey.generate() for _ in range(20)]

    def ed_sig():
        key = random.choice(ed_keys)
        return sig(ED, 0, 0, key, key.sign)
    trials("Ed25519", COUNT, ed_sig, fits)
    trials("X25519", COUNT, lambda: curve(29), same_secret)
    for group, c in GROUPS.items():
        trials("ECDH, " + c.name, COUNT, lambda: curve(group), same_secret)
    primes = [prime(bits) for bits in
              (range(1024, 1040, 5) if few else range(1024, 1040))]
    # These must lose their zeros, of which so many will show some.
    trials("DH", max(COUNT, 500), lambda: finite(primes), same_power)
    return failed


sys.exit(main())
