# sendmail.sh - the command lines other programs use, and what becomes of them.
. tests/lib.sh
prefix
# Both layouts take the host's own name from here when me is missing.
mv "$config/me" "$P/mailname"
case $(command -v sendmail) in "$T"/*) ;; *) echo 'not ok - sendmail is not ours'; exit 1 ;; esac
export USER=u
lf='
'
# The queue program: keeps what it gets.
printf '#!/bin/sh\ncat >"%s/got"\n' "$T" >"$T/queue"
chmod 755 "$T/queue"
export NULLMAILER_QUEUE="$T/queue"

# try ARGUMENTS...: exit code, what stderr says, envelope, on one line.
try() {
	rm -f "$T/got"
	printf '%b' "${message-To: h@x.y\nSubject: x\n\nbody\n}" >"$T/in"
	sendmail "$@" <"$T/in" >"$T/out" 2>"$T/err"
	{ echo $?; cat "$T/err"
	[ ! -f "$T/got" ] || sed '1s/^$/null/;/^$/q' "$T/got"; } |
		tr -s '\n' ' ' | sed 's/ $//'
}

# The command lines of programs, word by word.
rows=0
while IFS='|' read -r args want; do
	case $args in '' | '#'*) continue ;; esac
	set -f; set -- $args; set +f
	message='To: h@x.y\nSubject: x\n\nbody\n'
	case $args in *read-envelope*) message="From: O <o@x.y>\n$message" ;; esac
	is "sendmail $*" "$(try "$@")" "${want# }"
	rows=$((rows + 1))
done <tests/data/commands.txt
unset message
ok "$rows rows" [ "$rows" -ge 80 ]

# The sender: the value of -f; what becomes of envelope and From line.
from_try() { echo "$(try -f "$1" r) $(grep '^From:' "$T/got" 2>/dev/null)"; }
while IFS='|' read -r value want; do
	value=${value% }
	is "-f '$value'" "$(from_try "$value")" "$(printf '%b' "${want# }")"
done <<'.'
s@t.u | 0 s@t.u r@f.q.d.n From: s <s@t.u>
s | 0 s@f.q.d.n r@f.q.d.n From: s <s@f.q.d.n>
s@t | 0 s@t.q.d.n r@f.q.d.n From: s <s@t.q.d.n>
| 0 null r@f.q.d.n From: u <u@f.q.d.n>
<> | 0 null r@f.q.d.n From: u <u@f.q.d.n>
<s@t.u> | 0 s@t.u r@f.q.d.n From: s <s@t.u>
Joe <s@t.u> | 0 s@t.u r@f.q.d.n From: s <s@t.u>
a@b@c | 0 a@b@c.q.d.n r@f.q.d.n From: "a@b" <"a@b"@c.q.d.n>
a@ | 0 a@f.q.d.n r@f.q.d.n From: a <a@f.q.d.n>
"a b"@x.y | 0 a b@x.y r@f.q.d.n From: a b <"a b"@x.y>
"a b" | 0 a b@f.q.d.n r@f.q.d.n From: a b <"a b"@f.q.d.n>
s@[192.0.2.1] | 0 s@[192.0.2.1] r@f.q.d.n From: s <s@[192.0.2.1]>
@c | 1 nullmailer-inject: Invalid sender address: @c\0040
a@b, c@d | 1 nullmailer-inject: Invalid sender address: a@b, c@d\0040
joe@x> X=Y | 1 nullmailer-inject: Invalid sender address: joe@x> X=Y\0040
.
is '-f NAME and the host of the environment' \
    "$(export NULLMAILER_HOST=h.i; from_try s)" '0 s@h.i r@f.q.d.n From: s <s@h.i>'
for v in s s@t.u '<>'; do
	want=$(message='\nx' try -f "$v" r)
	is "-f $v beats Return-Path" \
	    "$(message='Return-Path: <rp@x.y>\n\nx' try -f "$v" r)" "$want"
done
is 'without -f it counts' "$(message='Return-Path: <rp@x.y>\n\nx' try r)" '0 rp@x.y r@f.q.d.n'
try -f s@t.u -F 'Doe, John (ops)' r >/dev/null
has '-F' "$(cat "$T/got")" '^From: "Doe, John (ops)" <s@t\.u>$'
try -F "x${lf}Bcc: y@z" r >/dev/null
has '-F with a line break' "$(cat "$T/got")" '^From: "x Bcc: y@z" <u@f\.q\.d\.n>$'
message='To: h@x.y\nFrom: o@x.y\n\n' try -f s@t.u -F N -t >/dev/null
has 'a From that is there stays' "$(cat "$T/got")" '^From: o@x\.y$'

# As many lines of envelope as addresses, whatever is tried.
for v in "a@b.c${lf}d@e.f" "a@b.c$(printf '\r')" "\"a${lf}b\"@c.d" "a${lf}" "${lf}" \
    "a@b.c${lf}${lf}To: x" "<a@b.c>${lf}DATA"; do
	shown=$(printf %s "$v" | od -An -c | tr -d ' \n')
	rm -f "$T/got"
	echo | sendmail -f "$v" r@x.y 2>/dev/null
	ok "sender $shown" [ ! -f "$T/got" -o "$(sed '/^$/q' "$T/got" 2>/dev/null | grep -c .)" = 2 ]
	echo | NULLMAILER_SUSER=$v sendmail r@x.y 2>/dev/null
	ok "environment $shown" [ ! -f "$T/got" -o "$(sed '/^$/q' "$T/got" 2>/dev/null | grep -c .)" = 2 ]
done

# A message is read to its end.
is 'a line with a dot is text' "$(message='\na\n.\nb\n' try r >/dev/null; tail -n 3 "$T/got" | tr '\n' ' ')" 'a . b '
is 'a message without header' "$(message='hello\n' try r >/dev/null; tail -n 1 "$T/got")" hello
is 'no recipients' "$(message='\nx' try)" '1 No recipients were listed.'
is 'exit codes of the queue program' \
    "$(printf '#!/bin/sh\ncat >/dev/null; exit 75\n' >"$T/queue"; try r)" \
    '75 nullmailer-inject: nullmailer-queue failed: 75'

# Options name no files.
try -X "$T/made" -C "$T/made" -O QueueDirectory="$T/made" -oQ"$T/made" -L "$T/made" r >/dev/null
ok 'no file made' [ ! -e "$T/made" ]

# Modes.
for m in -bd:daemon -bD:daemon -bl:daemon -ba:daemon -bt:test -bh:status -bH:status; do
	has "${m%:*} is refused" "$(try "${m%:*}" r)" "^1 sendmail: -b.*${m#*:}"
done
is '-d0.1' "$(try -d0.1 -bt; echo; cat "$T/out")" "0${lf}sendmail (nullmailer $("$NM" --version | sed -n '1s/.* //p'))"
is '-bv' "$(try -bv r s@t; echo; cat "$T/out")" \
    "0${lf}r@f.q.d.n... would go to the smart host${lf}s@t.q.d.n... would go to the smart host"
# Programs under other names; what resembles none is an error.
mkdir "$T/names"
printf '#!/bin/sh\ncat >"%s/got"\n' "$T" >"$T/queue"
named() {
	name=$1; shift
	ln -sf "$NM" "$T/names/$name"
	rm -f "$T/got"
	printf 'To: h@x.y\n\n' | "$T/names/$name" "$@" >"$T/out" 2>"$T/err"
	echo "$? $(head -n 1 "$T/err" "$T/out" | grep -v '^==>' | grep . | head -n 1 | cut -c1-40)$(
	    [ ! -f "$T/got" ] || sed '/^$/q' "$T/got" | paste -sd ' ' -)"
}
for n in sendmail.real sendmail-bin sendmail.distrib sendmail.nullmailer send-mail \
    nullmailer-sendmail real-sendmail sendmail_old; do
	is "$n" "$(named "$n" -h 25 -t)" "0 u@f.q.d.n h@x.y "
done
is "nullmailer-inject.real" "$(named nullmailer-inject.real -h)" "0 u@f.q.d.n h@x.y "
has "mailq.distrib" "$(named mailq.distrib --help)" '^0 usage: mailq '
has "nullmailer-smtpd.bak" "$(named nullmailer-smtpd.bak)" '^0 220 '
is "newaliases.sendmail" "$(named newaliases.sendmail)" "0 "
for n in foo sendmailx xsendmail smtpx mailqueue; do
	has "$n is none" "$(named "$n" -t)" "^1 nullmailer: $n: no such program"
done
has "nullmailer NAME" "$(named nullmailer sendmail -t)" '^0 u@f.q.d.n h@x.y'
has "nullmailer-3.0 NAME" "$(named nullmailer-3.0 sendmail -t)" '^0 u@f.q.d.n h@x.y'
is 'newaliases' "$(newaliases </dev/null 2>&1; echo $?)" 0
unset NULLMAILER_QUEUE
echo | sendmail -f s@t.u r@x.y
has '-bp' "$(sendmail -bp)" '^20.* bytes from <s@t\.u>$'
has 'mailq' "$(mailq)" '^  to <r@x\.y>$'
has '-bs' "$(printf 'HELO x\r\nQUIT\r\n' | sendmail -bs)" '^220 '
is '-q, nobody there' "$(try -q)" '0 sendmail: nullmailer-send is not running'
exec 9<>"$spool/trigger"
for o in -q -qIabc -q30m '-q -v'; do
	is "$o" "$(try $o)" 0
	is "$o pulls the trigger" "$(timeout 2 head -c 1 <&9 | wc -c)" 1
done
exec 9>&-
rm "$spool/trigger"
has 'no trigger' "$(try -q)" '^1 sendmail: Could not pull the trigger in .*: No such file'

# Somebody who may not read the queue needs the set-uid mailq; root is asked
# to be somebody.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$T" "$P"
	nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
	rm "$P/bin/mailq"
	printf '#!/bin/sh\necho "$0 with $# arguments"\n' >"$P/bin/mailq"
	chmod 755 "$P/bin/mailq"
	cp "$NM" "$P/sendmail"
	is '-bp executes mailq' "$(nobody "$P/sendmail" -bp -v)" "$P/bin/mailq with 0 arguments"
	rm "$P/bin/mailq"
	is '-bp without mailq' "$(nobody "$P/sendmail" -bp 2>&1; echo $?)" \
	    "sendmail: Could not exec $P/bin/mailq.${lf}1"
fi

# The page names every option that is not just ignored.
page=$(cat applets/sendmail.1)
for o in bm bp bs bv bi I F f r t q; do has "page has -$o" "$page" "^\.It.* Fl $o\b"; done
for o in $(sendmail --help | sed -n 's/^  .*-\([a-z]\{2,\}\).*/\1/p'); do
	has "page has $o" "$page" "^\.It Fl -\{0,1\}$o\b"
done
