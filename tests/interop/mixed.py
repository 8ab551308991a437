#!/usr/bin/env python3
"""mixed.py make QUEUE COUNT | check BOX QUEUE FAILED SAVED

make: COUNT queue files of all kinds: a body of one byte to 5 MB, bytes of 8 bits, dots, lines
of 100,000, no last line end, one to four recipients; bad@ is to be refused, later@ deferred, and
what has the line "X-Refuse: yes" refused as a message. check: each recipient of each message in
SAVED is where he belongs: once in BOX byte for byte, in QUEUE, or in FAILED."""
import collections, os, random, sys

PEOPLE = [b"one@example.net", b"two@example.net", b"three@example.net"]


def body(rng, i):
    if i % 200 == 7:
        return bytes(rng.choice(b"abc.\n\n") for _ in range(1000)) * 5000
    kind = i % 8
    if kind == 0:
        return b"x"
    if kind == 1:
        return b".\n..\n.a\n\n.\n\n"
    if kind == 2:
        return bytes(rng.choice(range(128, 256)) for _ in range(500)) + b"\n"
    if kind == 3:
        return b"l" * rng.randrange(900, 100000) + b"\n.end"
    if kind == 4:
        return b"\n" * rng.randrange(1, 300)
    return b"".join(b"." * rng.randrange(3) + b"w" * rng.randrange(200) + b"\n"
                    for _ in range(rng.randrange(1, 400)))


def make(queue, count):
    rng = random.Random(5)
    for i in range(count):
        people = rng.sample(PEOPLE, rng.randrange(1, 4))
        if i % 11 == 3:
            people.insert(rng.randrange(len(people) + 1), b"bad@example.net")
        if i % 17 == 5:
            people.append(b"later@example.net")
        if i % 31 == 9:
            people = [b"bad@example.net"]
        refuse = b"X-Refuse: yes\n" if i % 23 == 4 else b""
        with open("%s/1000000000.%d" % (queue, i + 1), "wb") as f:
            f.write(b"\n" + b"\n".join(people) + b"\n\nX-Number: %d\n" % i +
                    b"From: s@example.org\n" + refuse + b"\n" + body(rng, i))


def split(path):
    """The recipients and the message of a queue file."""
    with open(path, "rb") as f:
        envelope, _, text = f.read().partition(b"\n\n")
    return envelope.split(b"\n")[1:], text


def number(text):
    return int(text.split(b"\n", 1)[0].split(b" ")[1])


def folder(path):
    return [os.path.join(top, name) for top, _, names in os.walk(path) for name in names]


def left(path):
    """(number, recipient) of all in a folder of queue files."""
    found = collections.Counter()
    for name in folder(path):
        people, text = split(name)
        found.update((number(text), person) for person in people)
    return found


def check(box, queue, failed, saved):
    arrived, flaws, want = collections.Counter(), 0, {}
    for name in folder(saved):
        people, text = split(name)
        want[number(text)] = people, text if text.endswith(b"\n") else text + b"\n"
    for name in folder(box):
        with open(name, "rb") as f:
            head, mark, text = f.read().partition(b"X-Number: ")
        text = mark + text
        to = [line.split(b": ", 1)[1] for line in head.split(b"\n")
              if line.startswith((b"Delivered-To: ", b"Envelope-to: "))]
        arrived[number(text), to[0]] += 1
        if text != want[number(text)][1]:
            flaws += 1
            print("changed: message", number(text))
    waiting, refused = left(queue), left(failed)
    for i, (people, text) in want.items():
        for person in people:
            here = refused if b"\nX-Refuse" in text.split(b"\n\n")[0] or person.startswith(b"bad") \
                else waiting if person.startswith(b"later") else arrived
            # a deferred recipient is not asked about the message itself
            if here is refused and person.startswith(b"later"):
                here = refused if (i, person) in refused else waiting
            there = [arrived[i, person], waiting[i, person], refused[i, person]]
            if there != [here is arrived, here is waiting, here is refused]:
                flaws += 1
                print("message", i, person.decode(), "arrived, waits, failed:", *there)
    for what, found in ("arrived", arrived), ("waits", waiting), ("failed", refused):
        print("#=", what, sum(found.values()))
    sys.exit(flaws > 0)


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    check(*sys.argv[2:])
