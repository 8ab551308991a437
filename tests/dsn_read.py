#!/usr/bin/python3
"""dsn_read - a report as a parser that is not ours reads it, for tests/dsn.sh

stdin is what nullmailer-dsn writes. Prints what Python's email package finds,
one field a line behind the part it stands in; and, begun with "wrong:", what
RFC 3464, RFC 6522, RFC 2045 and RFC 5322 do not allow.
"""
import email
import email.policy
import sys

RECIPIENT = ["Final-Recipient", "Action", "Status"]


def wrong(text):
    print("wrong:", text)


def show(part, message):
    for name, value in message.items():
        print("%s: %s: %s" % (part, name, str(value)))


def raw_parts(raw, boundary):
    """The parts as bytes, by the letter of RFC 2046."""
    pieces = (b"\n" + raw).split(b"\n--" + boundary)
    if len(pieces) != 5 or not pieces[4].startswith(b"--\n"):
        wrong("%d boundaries" % (len(pieces) - 1))
    return [p[1:] for p in pieces[1:4]]


def check_lines(raw):
    for line in raw.split(b"\n"):
        if len(line) > 998:
            wrong("a line of %d bytes" % len(line))
        if any(c < 32 and c != 9 or c == 127 for c in line):
            wrong("a control byte in %r" % line)


def check_encoding(name, message, raw):
    head, _, body = raw.partition(b"\n\n")
    if any(c > 127 for c in head):
        wrong("8 bit in the header of " + name)
    declared = message.get("Content-Transfer-Encoding", "7bit") == "8bit"
    if any(c > 127 for c in body) and not declared:
        wrong("undeclared 8 bit in " + name)
    if declared and not any(c > 127 for c in body):
        wrong("no 8 bit in " + name)


def check_defects(message):
    """All but the quoted message, whose defects are its own."""
    ours = [message] + message.get_payload()
    for part in ours + message.get_payload(1).get_payload():
        for defect in part.defects:
            wrong("%s: %r" % (part.get_content_type(), defect))


def delivery_status(part):
    blocks = part.get_payload()
    if "Reporting-MTA" not in blocks[0]:
        wrong("no Reporting-MTA")
    show("report", blocks[0])
    for number, block in enumerate(blocks[1:], 1):
        for name in RECIPIENT:
            if len(block.get_all(name, [])) != 1:
                wrong("recipient %d: %s" % (number, name))
        show("recipient %d" % number, block)
    if len(blocks) < 2:
        wrong("no recipient")


def main():
    raw = sys.stdin.buffer.read()
    envelope, _, text = raw.partition(b"\n\nFrom: ")
    print("envelope:", envelope.decode("utf-8").split("\n"))
    text = b"From: " + text
    message = email.message_from_bytes(text, policy=email.policy.default)
    if message.get_content_type() != "multipart/report":
        wrong("it is " + message.get_content_type())
    if message.get_param("report-type") != "delivery-status":
        wrong("report-type")
    show("header", message)
    if not message.is_multipart():
        return
    check_defects(message)
    boundary = message.get_boundary("none").encode()
    raw_part = raw_parts(text.partition(b"\n\n")[2], boundary)
    parts = message.get_payload()
    print("parts:", [p.get_content_type() for p in parts])
    check_encoding("the report", message, text)
    for part, part_raw in zip(parts, raw_part):
        check_encoding(part.get_content_type(), part, part_raw)
    for part_raw in raw_part[:2]:
        check_lines(part_raw)
    for line in parts[0].get_content().split("\n"):
        print("text:", line)
    delivery_status(parts[1])
    quoted = parts[2].get_payload(0)
    show("quoted", quoted)
    print("quoted body:", repr(quoted.get_payload()))


main()
