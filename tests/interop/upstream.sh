# upstream.sh - the same work done by Debian's nullmailer 2.2 and by us, counted
# in one run. Its package is unpacked, not installed.
# needs: smtp-sink=postfix strace dpkg-deb=dpkg
UNPACK=nullmailer
. tests/interop/lib.sh
COUNT=500

reference
smtp-sink -u nobody 127.0.0.1:2525 1000 2>"$T/sink" &
owns $!
sleep 0.3

now() { date +%s.%N; }
calls() { grep -cE '^[0-9]+ +[a-z0-9_]+\(' "$1"; }
connects() { grep -cE ' connect\([0-9]+, \{sa_family=AF_INET, ' "$1"; }
forks() { grep -cE ' (<\.\.\. )?(clone3?|v?fork)[( ].* = [0-9]+$' "$1"; }
execs() { grep -cE ' (<\.\.\. )?execve[( ].* = 0$' "$1"; }
syncs() { grep -cE ' f(data)?sync\(' "$1"; }

# theirs PREFIX: their programs where the test prefix has them. Debian's build
# takes the host's name from mailname.
theirs() {
	prefix "$1"
	their_programs "$1"
	rm "$config/me"
	echo f.q.d.n >"$1/mailname"
}
ours() { prefix "$1"; }

# measure NAME OPTIONS: everything that is counted, into variables NAME_...
measure() {
	name=$1 p=$T/$1 best=
	"$1" "$p"
	conf pausetime 0
	remotes "127.0.0.1 smtp port=2525 $2"
	message 1 >"$T/message"
	strace -f -o "$T/$1.inject" "$p/sbin/sendmail" -t <"$T/message"
	rm -f "$spool/queue"/*
	i=0
	while [ "$i" -lt "$COUNT" ]; do
		i=$((i + 1))
		message "$i" | "$p/sbin/sendmail" -t || break
	done
	cp -Rp "$spool/queue" "$p/saved"
	is "$1: $COUNT messages are queued" "$(waiting)" "$COUNT"
	for _ in 1 2 3; do
		began=$(now)
		"$p/sbin/nullmailer-send" >"$T/log" 2>&1
		took=$(printf '%s %s\n' "$(now)" "$began" |
		    awk '{ printf "%.2f", $1 - $2 }')
		is "$1: they are delivered" "$(waiting)" 0
		best=$(printf '%s\n' "$took" ${best:+"$best"} | sort -n | head -n 1)
		cp -p "$p/saved"/* "$spool/queue/"
	done
	strace -f -o "$T/$1.send" "$p/sbin/nullmailer-send" >"$T/log" 2>&1
	is "$1: delivered under strace too" "$(waiting)" 0
	eval "${name}_wall=$best"
	for what in connects forks execs calls; do
		eval "${name}_$what=$($what "$T/$1.send")"
	done
	for what in forks execs syncs calls; do
		eval "${name}_in_$what=$($what "$T/$1.inject")"
	done
}

row() { printf '#= %-36s %8s %8s\n' "$1" "$2" "$3"; }

# Outside the test prefix root needs no set-uid program to write the queue.
as_root() {
	root=$T/root
	mkdir -p "$root$(mk show-CONFIG)" "$root$(mk show-SPOOL)/queue" \
	    "$root$(mk show-SPOOL)/tmp"
	cp "$NM" "$root/nullmailer"
	(unset NULLMAILER_TEST_PREFIX && strace -f -o "$T/calls" \
	    chroot "$root" /nullmailer sendmail -t <"$T/message")
	awk '/ execve\(/ { n = 0 } { line[n++] = $0 }
	    END { for (i = 0; i < n; i++) print line[i] }' "$T/calls" \
	    >"$T/as_root"
}

measure theirs ''
measure ours sessions=1
as_root

# shellcheck disable=SC2154
{
	row "" "2.2" "this"
	row "$COUNT queued: connections" "$theirs_connects" "$ours_connects"
	row "processes started" "$theirs_forks" "$ours_forks"
	row "programs executed" "$theirs_execs" "$ours_execs"
	row "system calls" "$theirs_calls" "$ours_calls"
	row "wall time, s, best of three" "$theirs_wall" "$ours_wall"
	row "one sendmail -t: processes started" "$theirs_in_forks" "$ours_in_forks"
	row "programs executed" "$theirs_in_execs" "$ours_in_execs"
	row "fsync" "$theirs_in_syncs" "$ours_in_syncs"
	row "system calls" "$theirs_in_calls" "$ours_in_calls"
	row "as root, installed: programs" "" "$(execs "$T/as_root")"
	row "system calls" "" "$(calls "$T/as_root")"
	is "root's sendmail executes nothing else" "$(execs "$T/as_root")" 1
	is "and syncs file and folder" "$(syncs "$T/as_root")" 2
	is "ours: one connection" "$ours_connects" 1
	ok "theirs: one for each message" [ "$theirs_connects" -eq "$COUNT" ]
	ok "a few processes, not one for each message" [ "$ours_forks" -le 4 ]
	is "no program is executed for them" "$ours_execs" 1
	ok "a fifth of the system calls" \
	    [ "$((ours_calls * 5))" -le "$theirs_calls" ]
	ok "sendmail executes less" \
	    [ "$ours_in_execs" -lt "$theirs_in_execs" ]
	ok "and calls less" [ "$ours_in_calls" -lt "$theirs_in_calls" ]
	is "it is synced like theirs: file and folder" "$ours_in_syncs" \
	    "$theirs_in_syncs"
}
