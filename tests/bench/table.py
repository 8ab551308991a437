#!/usr/bin/env python3
"""table.py RESULTS [RUNS]: what run.sh has recorded, as tables of at most 100 columns; without
RUNS only the line of the latest row.

A line of RESULTS is one of these, its fields parted by tabs:
row NAME SECONDS CONNECTIONS CALLS FIELD COUNT   what follows is about it; targets, or -
run PEER WHAT PART WORDS                      a line of measure.py; PEER did a PARTth of it
figure NAME OURS THEIRS POSTFIX TARGET        a number that no run gives
waiting COUNT NONE PEAK REST CALLS ALL LEFT   so many in the queue; see run.sh
note TEXT
"""
import os, statistics, sys

PEERS = ("ours", "theirs", "postfix", "limit")
TITLES = {"ours": "ours", "theirs": "null. 2.2", "postfix": "Postfix", "limit": "limit"}


class Row:
    def __init__(self, name, seconds, connections, calls, field, count):
        self.name, self.field, self.count = name, field, count
        self.targets = {key: None if value == "-" else float(value) for key, value in
                        (("seconds", seconds), ("conn.", connections), ("calls", calls))}
        self.runs = {}

    def add(self, peer, what, part, words):
        run = dict(word.split("=") for word in words.split())
        run["part"] = int(part)
        self.runs.setdefault((peer, what), []).append(run)

    def median(self, peer, what, field):
        """None if it was not looked at. Of work done in part the rest would have been alike."""
        runs = [run for run in self.runs.get((peer, what), ()) if field in run]
        if not runs:
            return None
        part = 1 if field in ("rss", "pss") else runs[0]["part"]
        return statistics.median(float(run[field]) for run in runs) * part

    def mark(self, peer):
        runs = self.runs.get((peer, "time"), ())
        if any(run.get("late") == "1" for run in runs):
            return ">"
        return "~" if runs and runs[0]["part"] > 1 else ""

    def missing(self):
        """Runs in which ours did not deliver all."""
        return sum(run.get("messages") != self.count for run in self.runs[("ours", "time")])

    def verdict(self):
        got = {"seconds": self.median("ours", "time", self.field),
               "conn.": self.median("ours", "time", "opens"),
               "calls": self.median("ours", "calls", "calls")}
        wanted = [key for key, target in self.targets.items() if target is not None]
        missed = [key for key in wanted if got[key] is None or got[key] > self.targets[key]]
        if missed == ["seconds"]:
            return "MISSED"
        return "MISSED " + missed[0] if missed else "met" if wanted else ""


def read(path):
    rows, figures, waiting, notes = [], [], [], []
    with open(path) as f:
        for line in f:
            kind, *fields = line.rstrip("\n").split("\t")
            if kind == "row":
                rows.append(Row(*fields))
            elif kind == "run":
                rows[-1].add(*fields)
            else:
                {"figure": figures, "waiting": waiting}.get(kind, notes).append(fields)
    return rows, figures, waiting, [note[0] for note in notes]


def seconds(value):
    if value is None:
        return "-"
    if value < 0.01:
        return "%.2f ms" % (value * 1000)
    return "%.3f s" % value if value < 10 else "%.1f s" % value


def number(value):
    if value is None:
        return "-"
    return "%.1f" % value if 0 < value < 10 and value != int(value) else "%d" % value


def time_lines(rows):
    for row in rows:
        times = [row.mark(p) + seconds(row.median(p, "time", row.field)) for p in PEERS]
        target = row.targets["seconds"]
        print("%-40s%9s%10s%9s%9s%10s %s" % (row.name, *times, seconds(target) if target else "",
                                             row.verdict()))
        if row.missing():
            print("    %d runs of ours did not deliver all" % row.missing())


def table(rows, title, *columns):
    """columns: (heading, what, field, scale, peers); rows that have nothing to say are left out."""
    lines = []
    for row in rows:
        cells = []
        for _, what, field, scale, peers in columns:
            for peer in peers:
                value = row.median(peer, what, field)
                cells.append(number(None if value is None else value * scale))
        if set(cells) - {"-", "0"}:
            lines.append("%-40s" % row.name + "".join("%10s" % cell for cell in cells))
    if lines:
        print("\n%-40s" % title + "".join("%*s" % (10 * len(c[4]), c[0]) for c in columns))
        print(" " * 40 + "".join("%10s" % TITLES[p] for c in columns for p in c[4]))
        print("\n".join(lines))


def other_tables(rows):
    two, three = PEERS[:2], PEERS[:3]
    table(rows, "WHAT IT TAKES", ("connections", "time", "opens", 1, three),
          ("system calls", "calls", "calls", 1, three))
    table(rows, "", ("round trips", "time", "trips", 1, PEERS))
    table(rows, "", ("files and folders synced", "calls", "syncs", 1, three))
    table(rows, "", ("CPU, ms", "time", "cpu", 1000, three),
          ("mill. instructions", "instructions", "instructions", 1e-6, two))
    table(rows, "MEMORY, KB", ("resident", "memory", "rss", 1, three),
          ("proportional", "memory", "pss", 1, three))


def figure_table(figures):
    print("\n%-40s%9s%10s%9s%19s" % ("SIZE", "ours", TITLES["theirs"], "Postfix", "target"))
    for name, ours, theirs, postfix, target in figures:
        verdict = "" if not target.isdigit() else "met" if int(ours) <= int(target) else "MISSED"
        print("%-40s%9s%10s%9s%19s %s" % (name, ours, theirs, postfix, target, verdict))


def waiting_table(waiting):
    print("\nWAITING      one run, remote refuses           afterwards           one run, all taken")
    print("messages         seconds  peak PSS KB  PSS KB at rest  calls, rescan   seconds      left")
    for count, none, peak, rest, calls, everything, left in waiting:
        print("%-10s%14.3f%13s%16s%15s%10.3f%10s"
              % (count, float(none), peak, rest, calls, float(everything), left))


LEGEND = """
Medians of %s runs; the peers took turns in each. Load of the machine now: %s.
TIME: until the server's reply to the last message, or, where the remote does not answer and for
  sendmail, until the command has ended. ~ 2.2 did a part of the work, and its numbers are
  multiplied; > it was ended. limit: ideal.py, one connection and the fewest round trips.
  Postfix: a relay client that already runs, up to 20 connections, whatever sessions= says.
WHAT IT TAKES: connections tried, counted by the kernel; system calls and syncs by strace, Postfix's
  those of its daemons; round trips by the delay line (the longest chain of packets each of which
  left after the one before had come in); instructions outside the kernel by callgrind.
MEMORY: looked at every 3 ms in a run of its own. Sums over processes, so resident pages count
  for each that shares them."""


def main():
    rows, figures, waiting, notes = read(sys.argv[1])
    if len(sys.argv) < 3:
        time_lines(rows[-1:])
        return
    if rows:
        print("%-40s%9s%10s%9s%9s%10s" % ("TIME", *(TITLES[p] for p in PEERS), "target"))
        time_lines(rows)
        other_tables(rows)
    if figures:
        figure_table(figures)
    if waiting:
        waiting_table(waiting)
    print(LEGEND % (sys.argv[2], "%.1f %.1f %.1f" % os.getloadavg()))
    for note in notes:
        print(note)


main()
