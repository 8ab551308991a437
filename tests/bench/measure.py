#!/usr/bin/env python3
"""measure.py [OPTION...] -- COMMAND...: does a piece of work once and prints what it took.

The words it prints are those of a shell's assignment. Always: wall= seconds until the command
ended, reply= until the sink had taken its last message and, half a round trip later, had said
so; cpu= seconds; opens= TCP connections tried in this network namespace (the kernel counts);
messages= tls= that the sink counted; trips= round trips until that reply (delay.py counts).

--what memory: rss= pss= KB at most, of all processes together, looked at every 3 ms.
--what calls: calls= syncs= system calls of all processes, as strace lists them.
--what instructions: instructions= outside the kernel, as callgrind counts them.
None of these is timed: looking costs time.

With --daemon the work is done by that process and its children, and COMMAND only asks for it:
it is over when the sink has --messages, and when there is no file left below each --empty.
"""
import argparse, glob, os, re, resource, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from sink import Stats

p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
p.add_argument("--what", choices=("time", "memory", "calls", "instructions"), default="time")
p.add_argument("--chroot", help="run it there")
p.add_argument("--user", type=int, help="as this user")
p.add_argument("--times", type=int, default=1, help="so often; what is printed is for one")
p.add_argument("--stdin", default="/dev/null")
p.add_argument("--out", default="/dev/null")
p.add_argument("--limit", type=float, default=30, help="it is ended after so many seconds")
p.add_argument("--stats", help="of the sink")
p.add_argument("--trip", type=float, default=0, help="seconds of a round trip")
p.add_argument("--trips", help="the file delay.py writes")
p.add_argument("--clock", action="store_true", help="time runs from its line 'start NANOSECONDS'")
p.add_argument("--daemon", type=int, help="the process that does the work")
p.add_argument("--messages", type=int, default=0)
p.add_argument("--empty", action="append", default=[])
p.add_argument("command", nargs="+")
opt = p.parse_args()

CALL = re.compile(r"^\d+ +(\w+)\(")
SLOW = 20  # times as long may a run take that is traced or simulated


def words(path):
    try:
        with open(path) as f:
            return f.read().split()
    except OSError:  # it has just ended
        return []


def family(pid):
    """The process and all that descend from it."""
    found = [pid]
    for parent in found:
        found += map(int, words("/proc/%d/task/%d/children" % (parent, parent)))
    return found


def memory(pid):
    total = {"Rss:": 0, "Pss:": 0}
    for member in family(pid):
        fields = words("/proc/%d/smaps_rollup" % member)
        for name in total:
            if name in fields:
                total[name] += int(fields[fields.index(name) + 1])
    return total["Rss:"], total["Pss:"]


def daemon_cpu():
    """Seconds of the family's living members and of those that were waited for."""
    ticks = 0
    for member in family(opt.daemon):
        ticks += sum(map(int, words("/proc/%d/stat" % member)[13:17]))
    return ticks / os.sysconf("SC_CLK_TCK")


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def opens():
    counters.seek(0)
    names, values = [line.split() for line in counters if line.startswith("Tcp:")]
    return int(values[names.index("ActiveOpens")])


def become():
    if opt.chroot:
        os.chroot(opt.chroot)
        os.chdir("/")
    if opt.user is not None:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(opt.user)


def started():
    """The command, under what looks at it."""
    command = opt.command
    if opt.what == "calls" and not opt.daemon:
        root = ["chroot", opt.chroot] if opt.chroot else []
        if opt.user is not None:
            root.insert(1, "--userspec=%d:65534" % opt.user)
        command = ["strace", "-f", "-o", trace] + root + command
    elif opt.what == "instructions":
        command = ["valgrind", "--tool=callgrind", "--trace-children=yes",
                   "--dump-before=fork", "--callgrind-out-file=%s/out.%%p" % work] + command
    source.seek(0)
    return subprocess.Popen(command, stdin=source, stdout=out, stderr=subprocess.STDOUT,
                            start_new_session=True,
                            preexec_fn=become if opt.what == "memory" else None)


def going_on(child):
    if child.poll() is None:
        return True
    if not opt.daemon:
        return False
    return (stats and stats.get("messages") < opt.messages or
            any(files for folder in opt.empty for _, _, files in os.walk(folder)))


def wait(child, until):
    """Until the work is done or its time is up; the most memory, and whether it was late."""
    most = (0, 0)
    while opt.what == "time" and not opt.daemon:
        try:
            child.wait(max(0, until - time.monotonic()))
            return most, 0
        except subprocess.TimeoutExpired:
            break
    while going_on(child):
        if opt.what == "memory":
            most = tuple(map(max, most, memory(opt.daemon or child.pid)))
        if time.monotonic() > until:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            return most, 1
        time.sleep(0.003)
    return most, 0


def traced_daemon():
    """strace, once it holds each member of the family."""
    members = family(opt.daemon)
    tracer = subprocess.Popen(["strace", "-f", "-o", trace] +
                              [word for m in members for word in ("-p", str(m))],
                              stderr=subprocess.DEVNULL)
    until = time.monotonic() + 10
    for member in members:
        while "TracerPid: 0" in " ".join(words("/proc/%d/status" % member)):
            if time.monotonic() > until:
                raise SystemExit("strace does not hold %d" % member)
            time.sleep(0.01)
    return tracer


def count_calls():
    """In strace's list: what the command did, not who started it."""
    calls = syncs = 0
    began = bool(opt.daemon)
    with open(trace, errors="replace") as f:
        for line in f:
            began = began or "execve(\"%s\"" % opt.command[0] in line
            call = CALL.match(line) if began else None
            calls += call is not None
            syncs += call is not None and call[1] in ("fsync", "fdatasync")
    return {"calls": calls, "syncs": syncs}


def count_instructions():
    """A file for each process, and for what it had done before each fork."""
    total = 0
    for name in glob.glob(work + "/out.*"):
        with open(name, errors="replace") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("totals:"))
    return {"instructions": total}


def trips(until):
    """Those that ended before the next one could have."""
    return sum(began < int(ns) < until + opt.trip * 0.25e9 for ns in words(opt.trips))


stats = Stats(opt.stats) if opt.stats else None
if stats:
    for field in ("connections", "messages", "tls", "last_ns"):
        stats.set(field, 0)
source, out, counters = open(opt.stdin, "rb"), open(opt.out, "wb"), open("/proc/net/snmp")
scratch = tempfile.TemporaryDirectory()
work, trace = scratch.name, scratch.name + "/trace"
time.sleep(3 * opt.trip)  # what the run before has left on the wire
tracer = traced_daemon() if opt.daemon and opt.what == "calls" else None
cpu = daemon_cpu if opt.daemon else children_cpu
cpu_before, opens_before = cpu(), opens()
if opt.what == "time":  # here, as a preexec_fn would cost 3 ms a time
    become()
late, most, began = 0, (0, 0), time.monotonic_ns()
for _ in range(opt.times):
    limit = opt.limit * (SLOW if opt.what in ("calls", "instructions") else 1)
    peak, timed_out = wait(started(), time.monotonic() + limit)
    most = tuple(map(max, most, peak))
    late |= timed_out
wall = (time.monotonic_ns() - began) / 1e9 / opt.times
if tracer:
    tracer.send_signal(signal.SIGINT)
    tracer.wait(30)
if opt.clock:
    with open(opt.out) as f:
        began = int(f.readline().split()[1])
result = {"wall": "%.5f" % wall, "late": late, "cpu": "%.5f" % ((cpu() - cpu_before) / opt.times),
          "opens": opens() - opens_before}
if stats:
    now = stats.read()
    result.update({k: now[k] for k in ("messages", "tls")})
    reply = now["last_ns"] + opt.trip / 2 * 1e9 if now["last_ns"] else began
    result["reply"] = "%.5f" % ((reply - began) / 1e9)
    if opt.trips:
        result["trips"] = trips(reply)
if opt.what == "memory":
    result.update(rss=most[0], pss=most[1])
elif opt.what == "calls":
    result.update(count_calls())
elif opt.what == "instructions":
    result.update(count_instructions())
print(*("%s=%s" % pair for pair in result.items()))
