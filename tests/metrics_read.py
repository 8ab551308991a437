# metrics_read.py - reads Prometheus' text format on stdin, strictly: exits with
# what is wrong, or prints each sample as "NAME LABELS VALUE"
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
ABOUT = re.compile(rf"# (HELP|TYPE) ({NAME}) (.+)")


def read(text):
    family, seen, series = None, {}, set()
    if not text.endswith("\n"):
        return "no end of the last line"
    for line in text[:-1].split("\n"):
        about, sample = ABOUT.fullmatch(line), SAMPLE.fullmatch(line)
        if about:
            kind, name, words = about.groups()
            known = seen.setdefault(name, set())
            if kind in known or (known and name != family):
                return f"again: {line}"
            if kind == "TYPE" and words != "gauge":
                return f"no type of ours: {line}"
            known.add(kind)
            family = name
        elif sample:
            name, labels, value = sample.groups()
            if name != family or seen[name] != {"HELP", "TYPE"}:
                return f"not after its HELP and TYPE: {line}"
            if (name, labels) in series:
                return f"twice: {line}"
            series.add((name, labels))
            print(name, labels, float(value))
        else:
            return f"no such line: {line}"
    return None


sys.exit(read(sys.stdin.buffer.read().decode("utf-8", "strict")))
