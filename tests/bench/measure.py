#!/usr/bin/env python3
"""Runs a command and prints what it took, as words of a shell's assignment:

wall= seconds until it ended, reply= until the sink had taken its last message and, half a round
trip later, had said so; cpu= of it and its children; rss= pss= KB at most, of all its processes
together (with --memory, which looks every few ms and so costs time itself); and the sink's
counters: connections= messages= tls=.
"""
import argparse, os, resource, signal, subprocess, sys, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from sink import Stats

p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
p.add_argument("--chroot", help="run it there")
p.add_argument("--user", type=int, help="as this user")
p.add_argument("--times", type=int, default=1, help="so often; seconds are for one")
p.add_argument("--stdin", default="/dev/null")
p.add_argument("--out", default="/dev/null")
p.add_argument("--limit", type=float, default=60, help="it is ended after so many seconds")
p.add_argument("--stats", help="of the sink")
p.add_argument("--trip", type=float, default=0, help="seconds of a round trip")
p.add_argument("--clock", action="store_true", help="time runs from its line 'start NANOSECONDS'")
p.add_argument("--memory", action="store_true")
p.add_argument("command", nargs="+")
opt = p.parse_args()


def become():
    if opt.chroot:
        os.chroot(opt.chroot)
        os.chdir("/")
    if opt.user is not None:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(opt.user)


def start():
    source.seek(0)
    return subprocess.Popen(opt.command, stdin=source, stdout=sink, stderr=subprocess.STDOUT,
                            start_new_session=True, preexec_fn=become if opt.memory else None)


def family(pid):
    """The process and all that descend from it."""
    found = [pid]
    for parent in found:
        try:
            with open("/proc/%d/task/%d/children" % (parent, parent)) as f:
                found += map(int, f.read().split())
        except OSError:
            pass
    return found


def memory(pid):
    total = {"Rss:": 0, "Pss:": 0}
    for member in family(pid):
        try:
            with open("/proc/%d/smaps_rollup" % member) as f:
                for line in f:
                    word = line.split()
                    if word[0] in total:
                        total[word[0]] += int(word[1])
        except OSError:
            pass
    return total["Rss:"], total["Pss:"]


def wait(child):
    """Until it ends or its time is up; the most memory it had, if wanted."""
    most, until = (0, 0), time.monotonic() + opt.limit
    while opt.memory and child.poll() is None and time.monotonic() < until:
        most = tuple(map(max, most, memory(child.pid)))
        time.sleep(0.003)
    try:
        child.wait(max(0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return most, 1
    return most, 0


stats = Stats(opt.stats) if opt.stats else None
if stats:
    for field in ("connections", "messages", "tls", "last_ns"):
        stats.set(field, 0)
source, sink = open(opt.stdin, "rb"), open(opt.out, "wb")
if not opt.memory:  # else this process must go on seeing /proc
    become()
late, most, began = 0, (0, 0), time.monotonic_ns()
for _ in range(opt.times):
    peak, timed_out = wait(start())
    most = tuple(map(max, most, peak))
    late |= timed_out
wall = (time.monotonic_ns() - began) / 1e9 / opt.times
if opt.clock:
    with open(opt.out) as f:
        began = int(f.readline().split()[1])
cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
words = {"wall": "%.4f" % wall, "cpu": "%.4f" % ((cpu.ru_utime + cpu.ru_stime) / opt.times),
         "late": late, "rss": most[0], "pss": most[1]}
if stats:
    now = stats.read()
    words.update({k: now[k] for k in ("connections", "messages", "tls")})
    words["reply"] = "%.4f" % ((now["last_ns"] - began) / 1e9 + opt.trip / 2 if now["last_ns"] else 0)
print(*("%s=%s" % w for w in words.items()))
