#!/usr/bin/env python3
"""fill.py QUEUE COUNT BYTES [PEOPLE]: that many queue files of that size, owned by the folder's
owner.

Each has one recipient, or so many, a short header, and lines of text; one in ten of a
larger message's lines begins with a dot.
"""
import os, sys

queue, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
people = int(sys.argv[4]) if len(sys.argv) > 4 else 1
owner = os.stat(queue)
header = b"From: s@example.com\nTo: r@example.com\nSubject: bench\n\n"
lines = b"".join(b"%sline %d of a text that has nothing to say, and says it\n"
                 % (b"." * (i % 10 == 0), i) for i in range(100))
text = (header + lines * (size // len(lines) + 1))[:size - 1] + b"\n"
for i in range(count):
    name = "%s/%d.%d" % (queue, 1700000000 + i // 1000, 100000 + i)
    with open(name, "wb") as f:
        f.write(b"s@example.com\n" + b"r@example.com\n" * people + b"\n" + text)
    os.chown(name, owner.st_uid, owner.st_gid)
    os.chmod(name, 0o600)
