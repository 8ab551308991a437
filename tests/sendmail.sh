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

# Command lines, separated by words; recipients are r@x.y or of the header.
while IFS='|' read -r args want; do
	case $args in '' | '#'*) continue ;; esac
	set -f; set -- $args; set +f
	is "sendmail $*" "$(try "$@")" "${want# }"
done <<'.'
# cron, at, anacron
-i -FCronDaemon -B8BITMIME -oem r@x.y   | 0 u@f.q.d.n r@x.y
-FCronDaemon -i -odi -oem -oi -t -f root | 0 root@f.q.d.n h@x.y
-i r                                    | 0 u@f.q.d.n r@f.q.d.n
# PHP, git, mutt, mailx, mdadm, logwatch, perl, monitoring
-t -i                                   | 0 u@f.q.d.n h@x.y
-t -i -f www@x.y                        | 0 www@x.y h@x.y
-i r@x.y s@x.y                          | 0 u@f.q.d.n r@x.y s@x.y
-oem -oi -f a@b.c -- r@x.y              | 0 a@b.c r@x.y
-oi -oem -fa@b.c -t                     | 0 a@b.c h@x.y
-t                                      | 0 u@f.q.d.n h@x.y
-oi -t                                  | 0 u@f.q.d.n h@x.y
-bm -r a@b.c r@x.y                      | 0 a@b.c r@x.y
# lists, and -t with operands
r@x.y,s@x.y                             | 0 u@f.q.d.n r@x.y s@x.y
-t r@x.y                                | 0 u@f.q.d.n r@x.y h@x.y
# bundles, values, ends of options
-ti                                     | 0 u@f.q.d.n h@x.y
-vit                                    | 0 u@f.q.d.n h@x.y
-itfa@b.c                               | 0 a@b.c h@x.y
-o i r@x.y                              | 0 u@f.q.d.n r@x.y
-odb r@x.y                              | 0 u@f.q.d.n r@x.y
-oQ/path r@x.y                          | 0 u@f.q.d.n r@x.y
-i -- r@x.y                             | 0 u@f.q.d.n r@x.y
- r@x.y                                 | 0 u@f.q.d.n r@x.y
r@x.y -t                                | 0 u@f.q.d.n r@x.y -t@f.q.d.n
-em r@x.y                               | 0 u@f.q.d.n r@x.y
-ep -eq -ee -ew -e r@x.y                | 0 u@f.q.d.n r@x.y
-m -n -U -v -i r@x.y                    | 0 u@f.q.d.n r@x.y
-N never -R hdrs -V id -L tag -h 5 r@x.y | 0 u@f.q.d.n r@x.y
-p smtp -d 1 -O a=b -X/no -C/no r@x.y   | 0 u@f.q.d.n r@x.y
-G -Am -Ac -A -E -J -Mx -M -s -T -x r@x.y | 0 u@f.q.d.n r@x.y
-om -o7 -o8 -oq5 r@x.y                  | 0 u@f.q.d.n r@x.y
-bd -bm r@x.y                           | 0 u@f.q.d.n r@x.y
-q15m r@x.y                             | 0 u@f.q.d.n r@x.y
-q30m -t                                | 0 u@f.q.d.n h@x.y
-d0.1 -t                                | 0 u@f.q.d.n h@x.y
# unknown ones
-Z r@x.y                                | 0 sendmail: unknown option string: '--Z', ignored u@f.q.d.n r@x.y
-iZ r@x.y                               | 0 sendmail: unknown option letter -Z, ignored u@f.q.d.n r@x.y
--zz -bq r@x.y                          | 0 sendmail: unknown option string: '--zz', ignored sendmail: unknown option string: '--bq', ignored u@f.q.d.n r@x.y
-f                                      | 1 sendmail: option -f requires a value.
-F                                      | 1 sendmail: option -F requires a value.
# nothing after -- is an option
-- -n                                   | 0 u@f.q.d.n -n@f.q.d.n
-t -- -fevil@x.y                        | 0 u@f.q.d.n -fevil@x.y h@x.y
-- --help                               | 0 u@f.q.d.n --help@f.q.d.n
# no shell, no paths
;id                                     | 0 u@f.q.d.n id@f.q.d.n
`id`@x.y                                | 0 u@f.q.d.n `id`@x.y
../../etc/passwd@x.y                    | 0 u@f.q.d.n ../../etc/passwd@x.y
-r $(id) r@x.y                          | 0 $@f.q.d.n r@x.y
# other modes
-bi                                     | 0
-I                                      | 0
-bv r@x.y s                             | 0
-bv x<                                  | 1 Invalid recipient: x<
-bv                                     | 1 sendmail: -bv: no address given
-bp                                     | 0
.

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
