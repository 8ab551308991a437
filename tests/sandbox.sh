# sandbox.sh - what a session gives up once it is connected, seen in a trace of
# its system calls, and that it delivers all the same; by itself lib/net/sandbox
# is tested by unit/net/sandbox.c
# needs: strace openssl
. tests/lib.sh
prefix
certificate
SENDER="strace -ff -o $T/trace -s 32 $NM nullmailer-send"
# traced: a queue run; $T/trace.PID of the sender and each of its children
traced() {
	rm -f "$T"/trace.*
	run
}
# after: what the sessions called once the filter stood
after() {
	for trace in "$T"/trace.*; do
		sed -n '/PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {len=.*= 0$/,$p' "$trace"
	done
}
# sessions: the processes that connected to the server
sessions() { grep -l "connect(.*htons($port)" "$T"/trace.* | wc -l; }
FORBIDDEN='^\(open\|openat\|execve\|fork\|vfork\|clone\|clone3\|socket\|connect\|kill\|ptrace\)('


ok "the kernel has what the sandbox takes" \
    sh -c '! "$1" nullmailer-send --once 2>&1 | grep "kernel has no"' - "$NM"

# ---- a session over TLS ----
serve "starttls $T/server.pem" auto
remotes "127.0.0.1 smtp port=$port starttls tls-name=mail.test x509cafile=$T/ca.pem"
put_many 2
traced
is "TLS: two messages sent in one session" "$(waiting) $(taken) $(sessions)" "0 2 1"
is "the filter stands before a word is heard" "$(
	for trace in "$T"/trace.*; do
		grep -q "connect(.*htons($port)" "$trace" || continue
		sed "1,/connect(.*htons($port)/d" "$trace" |
		    grep -n -m 3 -o 'SECCOMP_MODE_FILTER\|^recvfrom([^3]\|^read([^3]' |
		    cut -d: -f2
	done | head -n 1)" SECCOMP_MODE_FILTER
has "no new privileges" "$(cat "$T"/trace.*)" 'PR_SET_NO_NEW_PRIVS, 1.*= 0'
has "no right to any file" "$(cat "$T"/trace.*)" '^landlock_restrict_self(.*= 0'
has "the session goes on behind it" "$(after)" '^\(sendto\|write\)('
lacks "and names no file, starts nothing, makes no socket" "$(after)" "$FORBIDDEN"

# ---- kernels that lack it ----
# lacking CALL ERROR WORDS: says so once, and sends all the same
lacking() {
	serve auto
	remotes "127.0.0.1 smtp port=$port"
	put_many 2
	SENDER="strace -f -o $T/trace.0 -e inject=$1:error=$2 $NM nullmailer-send"
	run
	is "without $3: sent" "$(waiting) $(taken)" "0 2"
	is "without $3: said once" \
	    "$(lines "^This kernel has no $3 to confine sessions with\$")" 1
}
lacking landlock_create_ruleset ENOSYS Landlock
SENDER="strace -ff -o $T/trace -s 32 $NM nullmailer-send"

# ---- servers that close: each connection is another process's ----
serve 'on MAIL#2 421 enough' auto
remotes "127.0.0.1 smtp port=$port"
put_many 3
traced
is "421 after each message: all are sent" "$(waiting) $(taken)" "0 3"
ok "over several connections" [ "$(sessions)" -gt 1 ]
lacks "and none of them was made in a sandbox" "$(after)" "$FORBIDDEN"

# ---- a server that means no CHUNKING is asked once ----
serve 'cap PIPELINING' 'cap CHUNKING' 'on BDAT 500 what' auto
remotes "127.0.0.1 smtp port=$port"
put_many 2
traced
is "CHUNKING not meant: sent by DATA" "$(waiting) $(taken)" "0 2"
is "in the same session" "$(sessions)" 1

# ---- one that hangs up on every message is left alone ----
serve 'on DATA close' auto
remotes "127.0.0.1 smtp port=$port"
put_many 6
traced
is "dropped at each DATA: all wait" "$(waiting) $(taken)" "6 0"
is "after two messages the remote is at fault" "$(sessions)" 2
empty

# ---- the module by itself ----
serve auto
queue_file r@x.y >"$T/message"
printf 'host=127.0.0.1\nport=%s\n\n' "$port" |
    HELOHOST=h.example.org strace -f -o "$T/trace.1" "$P/protocols/smtp" \
    3<"$T/message" >/dev/null 2>&1
is "the module sends" "$? $(taken)" "0 1"
lacks "behind the filter too" "$(sed 's/^[0-9]* *//' "$T/trace.1" |
    sed -n '/SECCOMP_MODE_FILTER, {.*= 0$/,$p')" "$FORBIDDEN"
