# inject.sh - nullmailer-inject from outside: headers, options, environment,
# exit codes, and what happens when the queue program or the source fails.
. tests/lib.sh
prefix
# Both layouts take the host's own name from here when me is missing.
mv "$config/me" "$P/mailname"
export USER=u TZ=UTC0
cr=$(printf '\r')
lf='
'

# escaped FILE: on one line, what changes from run to run as "...".
escaped() {
	{ cat "$1"; echo .; } |
	sed "s/^\(Resent-\)\{0,1\}Date: [A-Z][a-z]\{2\}, .* +0000\$/\1Date: .../
	s/^\(.*Message-Id: <\)[0-9]*\.[0-9]\{6\}\.[0-9]*\.nullmailer@/\1...@/
	s/$cr/\\\\r/g; s/\$/\\\\n/" | tr -d '\n' | sed 's/\.\\n$//'
}
# queued: how many messages, and what tmp/ has.
queued() { echo "$(waiting)$(files tmp)"; }
# envelope: stdin up to the empty line that ends it; the first is the sender.
envelope() { sed '1!{/^$/q;}'; }
# try ARGUMENTS...: exit code, envelope and From, or what stderr says.
try() {
	printf 'To: h@x.y\n\nbody\n' >"$T/in"
	if nullmailer-inject -nv "$@" <"$T/in" >"$T/out" 2>"$T/err"
	then echo "0 $(envelope <"$T/out" | tr '\n' ' ' | sed 's/ *$//')" \
	    "$(sed -n '/^From:/,/^[^ F]/{/^[F ]/p;}' "$T/out")"
	else echo "$? $(grep -v '^usage\|^  -\|^      --' "$T/err")"; fi
}

# The rows of headers.txt.
while IFS='|' read -r name flags args input want; do
	case $name in '#'* | '') continue ;; esac
	args=${args# } input=${input# } want=${want# }
	[ "$args" != '- ' ] || args=
	flags=${flags# }
	printf '%b' "${input% }" >"$T/in"
	set -f
	got=$(set -- $args
		for a; do shift; set -- "$@" "$(printf %b "$a")"; done
		NULLMAILER_FLAGS=${flags% } nullmailer-inject -nv "$@" \
		    <"$T/in" >"$T/out" 2>"$T/err"
		echo $?)
	set +f
	[ "$got" -ne 0 ] || got="0 $(escaped "$T/out")"
	is "${name% }" "$got" "$want"
done <tests/data/headers.txt

# Options.
f='From: u <u@f.q.d.n>'
is 'no -v, no envelope' "$(echo | nullmailer-inject -n a@x.y | cut -c 1-5 | head -n 1)" Date:
is '-fADDR' "$(try -fs@t.u a)" "0 s@t.u a@f.q.d.n $f"
is '-f ADDR' "$(try -f s a)" "0 s@f.q.d.n a@f.q.d.n $f"
is '--from ADDR' "$(try --from s@t a)" "0 s@t.q.d.n a@f.q.d.n $f"
is '--from=ADDR' "$(try --from='Joe <s@t.u>' a)" "0 s@t.u a@f.q.d.n $f"
is '-f at the end of a bundle' "$(try -nvbfs@t.u a)" "0 s@t.u a@f.q.d.n h@x.y $f"
is 'the last -f wins' "$(try -f x@y.z -f s@t.u a)" "0 s@t.u a@f.q.d.n $f"
is 'quoted local part in -f' "$(try -f '"a b"@x.y' a)" "0 a b@x.y a@f.q.d.n $f"
is 'null sender, empty' "$(try -f '' a)" "0  a@f.q.d.n $f"
is 'null sender, <>' "$(try -f '<>' a)" "0  a@f.q.d.n $f"
is 'options end at an operand' "$(try a -b)" "0 u@f.q.d.n a@f.q.d.n -b@f.q.d.n $f"
is 'options end at --' "$(try -- -b)" "0 u@f.q.d.n -b@f.q.d.n $f"
is 'options end at -' "$(try - a)" "0 u@f.q.d.n a@f.q.d.n $f"
is 'line breaks separate operands' "$(try "a${lf}b")" "0 u@f.q.d.n a@f.q.d.n b@f.q.d.n $f"
for v in 'a@b.c, d@e.f' 'g:;' ' ' 'a@' "a@b.c${lf}d@e.f" '"a'"${lf}${lf}"'b@c' \
    'joe@x> X=Y' "\"a${cr}${lf}.b\"@" '@c' '"a	b"@x.y'; do
	shown=$(printf %s "$v" | tr '\t' '?' | tr -d '\r' | sed 's/[[:space:]]*$//' |
		awk 'NR > 1 { printf " / " } { printf "%s", $0 }')
	is "-f '$shown' is refused" "$(try -f "$v" a)" \
	    "1 nullmailer-inject: Invalid sender address: $shown"
done
is 'bad operands are all told' "$(try 'a<' b 'c@')" "1 Invalid recipient: a<${lf}Invalid recipient: c@"
is 'no recipients' "$(nullmailer-inject 2>&1 </dev/null; echo $?)" "No recipients were listed.${lf}1"
is 'empty operands count as operands' "$(try '' ' ')" '1 No recipients were listed.'
is 'unknown letter' "$(try -z)" "1 nullmailer-inject: unknown option letter -z"
is 'unknown name' "$(try --zz)" "1 nullmailer-inject: unknown option string: '--zz'"
is 'missing value' "$(try -f)" '1 nullmailer-inject: option -f requires a value.'
is 'surplus value' "$(try --use-both=1)" '1 nullmailer-inject: option --use-both does not take a value.'
is 'usage goes to stdout' "$(nullmailer-inject -z 2>/dev/null | head -n 1)" \
    'usage: nullmailer-inject [flags] [recipients] <message'
is '--help' "$(nullmailer-inject --help | head -n 1; echo $?)" \
    "usage: nullmailer-inject [flags] [recipients] <message${lf}0"
is '--version' "$(nullmailer-inject --version)" "nullmailer-inject $("$NM" --version | sed -n '1s/.* //p')"

is 'bad header lines are all told' \
    "$(printf 'To: a<\nFrom: b<\nCc: c<\n d\nX: y\n\n' | nullmailer-inject -n 2>&1; echo $?)" \
    'nullmailer-inject: Invalid header line:
  To: a<
  Unable to parse the addresses.
nullmailer-inject: Warning: unable to parse the addresses, line kept as it is: From: b<
nullmailer-inject: Invalid header line:
  Cc: c< /  d
  Unable to parse the addresses.
1'

# Environment: who, where, called what.
env_try() { (for v; do export "${v?}"; done; try a); }
e='0 u@f.q.d.n a@f.q.d.n'
is 'NULLMAILER_USER first' "$(env_try NULLMAILER_USER=v MAILUSER=x)" '0 v@f.q.d.n a@f.q.d.n From: v <v@f.q.d.n>'
is 'then MAILUSER' "$(env_try NULLMAILER_USER= MAILUSER=x)" '0 x@f.q.d.n a@f.q.d.n From: x <x@f.q.d.n>'
is 'then USER' "$(env_try LOGNAME=l)" "$e $f"
is 'then LOGNAME' "$(env_try LOGNAME=l USER=)" '0 l@f.q.d.n a@f.q.d.n From: l <l@f.q.d.n>'
n=$(id -un)
is 'then the passwd entry' "$(env_try USER=)" "0 $n@f.q.d.n a@f.q.d.n From: $n <$n@f.q.d.n>"
is 'NULLMAILER_HOST first' "$(env_try NULLMAILER_HOST=h MAILHOST=i)" '0 u@h.q.d.n a@f.q.d.n From: u <u@h.q.d.n>'
is 'then MAILHOST' "$(env_try MAILHOST=i.j)" '0 u@i.j a@f.q.d.n From: u <u@i.j>'
is 'a literal as host' "$(env_try 'MAILHOST=[192.0.2.1]')" '0 u@[192.0.2.1] a@f.q.d.n From: u <u@[192.0.2.1]>'
is 'HOSTNAME does not beat me' "$(env_try HOSTNAME=box.lan)" "$e $f"
is 'NULLMAILER_NAME first' "$(env_try NULLMAILER_NAME='N N' MAILNAME=M)" "$e From: N N <u@f.q.d.n>"
is 'then MAILNAME' "$(env_try MAILNAME=M NAME=X)" "$e From: M <u@f.q.d.n>"
is 'then NAME' "$(env_try NAME=X)" "$e From: X <u@f.q.d.n>"
is 'NULLMAILER_SUSER, NULLMAILER_SHOST' "$(env_try NULLMAILER_SUSER=s NULLMAILER_SHOST=t)" \
    "0 s@t.q.d.n a@f.q.d.n $f"
is 'a name that needs quotes' "$(env_try NAME='Doe, John (ops) "x"')" \
    "$e From: \"Doe, John (ops) \\\"x\\\"\" <u@f.q.d.n>"
is 'a name in UTF-8' "$(env_try NAME="$(printf 'Jos\303\251')")" "$e From: =?UTF-8?Q?Jos=C3=A9?= <u@f.q.d.n>"
is 'a name in Latin-1' "$(env_try NAME="$(printf 'Jos\351')")" "$e From: =?UTF-8?Q?Jos=C3=A9?= <u@f.q.d.n>"
is 'an encoded name' "$(env_try NAME='=?UTF-8?Q?Jos=C3=A9?=')" "$e From: =?UTF-8?Q?Jos=C3=A9?= <u@f.q.d.n>"
is 'a name as comment' "$(env_try NAME='A (b)' NULLMAILER_FLAGS=c)" "$e From: u@f.q.d.n (A \\(b\\))"
is 'line breaks in a name' "$(env_try NAME="N${lf}Bcc: x@y.z")" "$e From: \"N Bcc: x@y.z\" <u@f.q.d.n>"
is 'CR in a name' "$(env_try NAME="N${cr}Bcc")" "$e From: N Bcc <u@f.q.d.n>"
is 'a long name is folded' "$(env_try NAME="$(printf '\303\251%.0s' 1 2 3 4 5 6 7 8 9 10 11)")" \
    "$e From: =?UTF-8?Q?=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9?= =?UTF-8?Q?=C3=A9?= <u@f.q.d.n>"
is 'a user that needs quotes' "$(env_try USER='u v@w')" '0 u v@w@f.q.d.n a@f.q.d.n From: "u v@w" <"u v@w"@f.q.d.n>'
for v in USER NULLMAILER_SUSER NULLMAILER_HOST NULLMAILER_SHOST; do
	is "line breaks in $v" "$(env_try "$v=a${lf}b@c.d")" '1 nullmailer-inject: Invalid sender address: a / b@c.d'
done
is 'a user that is an address' "$(env_try USER=joe@ad.example.net)" '0 joe@ad.example.net a@f.q.d.n From: joe <joe@ad.example.net>'
is 'its domain is completed' "$(env_try USER=joe@ad)" '0 joe@ad.q.d.n a@f.q.d.n From: joe <joe@ad.q.d.n>'
is 'with a host it is a name' "$(env_try USER=joe@ad.example.net MAILHOST=h.i)" \
    '0 joe@ad.example.net@h.i a@f.q.d.n From: "joe@ad.example.net" <"joe@ad.example.net"@h.i>'
is 'a user that resembles one' "$(env_try USER=joe@)" '0 joe@@f.q.d.n a@f.q.d.n From: "joe@" <"joe@"@f.q.d.n>'
is 'a host that is none' "$(env_try MAILHOST='x.y> A=B')" '1 nullmailer-inject: Invalid sender address: x.y> A=B'

# Host names from the files; HOSTNAME counts only where no file says anything.
rm "$P/mailname" "$config/defaultdomain"
is 'HOSTNAME without any file' "$(env_try HOSTNAME=box.lan | sed 's/ a@[^ ]*//')" '0 u@box.lan From: u <u@box.lan>'
echo mail.name >"$P/mailname"
is 'mailname when me is missing' "$(env_try HOSTNAME=box.lan)" '0 u@mail.name a@mail.name From: u <u@mail.name>'
has 'and in Message-Id' "$(cat "$T/out")" '^Message-Id: <[0-9.]*\.nullmailer@mail\.name>$'
conf idhost id.host
try a >"$T/x"
has 'idhost' "$(cat "$T/out")" '^Message-Id: <[0-9.]*\.nullmailer@id\.host>$'
rm "$config/idhost"
conf me me.name
if [ "${LAYOUT:-upstream}" = debian ]; then
	is 'mailname beats me' "$(env_try)" '0 u@mail.name a@mail.name From: u <u@mail.name>'
	is 'and does not say so each time' "$(cat "$T/err")" ""
else
	is 'me beats mailname' "$(env_try)" '0 u@me.name a@me.name From: u <u@me.name>'
	is 'and says nothing' "$(cat "$T/err")" ''
fi
rm "$config/me"
mv "$config" "$P/hidden"; echo x >"$config"
is 'unreadable control file' "$(try a | sed 's/ "[^"]*"//')" \
    '18 nullmailer-inject: Error: Could not read config file: Not a directory'
rm "$config"; mv "$P/hidden" "$config"
conf defaultdomain q.d.n
echo f.q.d.n >"$P/mailname"

# Ids differ although the message is the same.
for i in 1 2 3 4 5 6 7 8; do echo "$i" | nullmailer-inject -n a@x.y; done |
    grep '^Message-Id' | sort -u >"$T/ids"
is 'eight messages, eight ids' "$(grep -c . "$T/ids")" 8

# Through the queue program.
printf 'Subject: x\nBcc: b@x.y\n\nbody\n' | nullmailer-inject -b -f s@t.u a@x.y
is 'queued' "$?:$(queued):$(stored | envelope)" "0:1:s@t.u${lf}a@x.y${lf}b@x.y"
lacks 'no Bcc in the file' "$(sed 1,/^$/d "$spool/queue/"*)" b@x.y
empty
queue() { printf '#!/bin/sh\n%s\n' "$1" >"$T/queue"; chmod 755 "$T/queue"; }
inject_by() { export NULLMAILER_QUEUE="$T/queue"; echo | nullmailer-inject a@x.y 2>&1; echo $?; }
queue 'cat >"$0.out"'
is 'NULLMAILER_QUEUE' "$(inject_by)" 0
is 'and what it gets' "$(envelope <"$T/queue.out")" "u@f.q.d.n${lf}a@x.y"
queue 'cat >/dev/null; echo no room; echo at all >&2; exit 1'
is 'its words are seen' "$(inject_by)" "no room${lf}at all${lf}nullmailer-inject: nullmailer-queue failed: 1${lf}1"
queue 'cat >/dev/null; exit 75'
is 'try again' "$(inject_by)" "nullmailer-inject: nullmailer-queue failed: 75${lf}75"
queue 'cat >/dev/null; kill -9 $$'
is 'killed' "$(inject_by)" "nullmailer-inject: nullmailer-queue crashed or was killed: signal 9${lf}1"
rm "$T/queue"
is 'not there' "$(inject_by | tail -n 2)" "nullmailer-inject: nullmailer-queue failed: 15${lf}1"
queue 'exit 1'
is 'it ends early' "$(export NULLMAILER_QUEUE="$T/queue"
	head -c 3000000 /dev/zero | nullmailer-inject a@x.y 2>&1; echo $?)" \
    "nullmailer-inject: nullmailer-queue failed: 1${lf}1"
rmdir "$spool/queue"
ok 'no spool' [ "$(echo | nullmailer-inject a@x.y 2>/dev/null; echo $?)" -ne 0 ]
mkdir -m 700 "$spool/queue"
is 'nothing queued by all that' "$(queued)" 0
is 'stdin is no file' "$(nullmailer-inject a@x.y 2>&1 <"$T"; echo $?)" \
    "nullmailer-inject: Could not read the message: Is a directory${lf}1"
is 'stdin closed' "$(nullmailer-inject -n a@x.y <&- | grep -c .)" 4
is 'nothing queued' "$(queued)" 0
[ ! -w /dev/full ] || is 'stdout is full' "$(echo | nullmailer-inject -n a@x.y 2>&1 >/dev/full; echo $?)" \
    "nullmailer-inject: Could not write the message: No space left on device${lf}1"

# Size never shows in memory: 8 MB of address space for everything. A build
# with AddressSanitizer has terabytes of it before it begins.
zeros() { head -c "$1" /dev/zero | tr '\0' x; }
is 'a line of 64 MB' "$(zeros 64000000 | limited 8192 nullmailer-inject -n a@x.y | tail -n 1 | wc -c)" 64000000
is 'a body of 100 MB' "$( (echo; zeros 100000000) | limited 8192 nullmailer-inject a@x.y; echo $?)" 0
is 'and all of it' "$(tail -c 100000000 "$spool/queue/"* | tr -d x | wc -c)" 0
empty
is 'a header of 5 MB' "$( (printf 'X: '; zeros 5000000) | nullmailer-inject a@x.y 2>&1; echo $?)" \
    "nullmailer-inject: The header is larger than 4194304 bytes.${lf}1"
awk 'BEGIN { printf "To: "; for (i = 0; i < 20000; i++) printf "user%d@example.com,\n ", i
	printf "\n\n" }' | nullmailer-inject -nv >"$T/out"
is '20000 recipients' "$(envelope <"$T/out" | grep -c @example)" 20000
is 'in lines of 78' "$(awk 'length > 78' "$T/out" | grep -c .)" 0
is 'NUL and 8-bit bytes in a body' "$(printf 'X: y\n\na\0b\377\r' | nullmailer-inject -n a@x.y | sed 1,/^$/d | od -An -tx1)" \
    ' 61 00 62 ff 0d'

# In the same process, as root and the owner of the queue need no program.
rm "$P/sbin/nullmailer-queue"
printf 'Subject: x\nBcc: b@x.y\n\nbody\n' | nullmailer-inject -b -f s@t.u a@x.y
is 'here: queued' "$?:$(queued):$(stored | envelope)" "0:1:s@t.u${lf}a@x.y${lf}b@x.y"
has 'here: received' "$(stored)" "^Received: (nullmailer pid [0-9]* invoked by uid $(id -u));\$"
empty
# Around what is read at once, and what is collected before a file is begun.
wrong=
for n in 0 1 999 1000 16000 16340 16350 16383 16384 16385 32000 32600 32768 33000 65536 200000; do
	head -c "$n" /dev/urandom >"$T/body"
	{ printf 'To: a@x.y\n\n'; cat "$T/body"; } >"$T/in"
	nullmailer-inject <"$T/in" || wrong="$wrong $n: exit $?"
	tail -c "$n" "$spool/queue/"* | cmp -s - "$T/body" || wrong="$wrong $n"
	empty
	cat "$T/in" | nullmailer-inject || wrong="$wrong $n, pipe: exit $?"
	tail -c "$n" "$spool/queue/"* | cmp -s - "$T/body" || wrong="$wrong $n, pipe"
	is "here: one message of $n bytes" "$(queued)" 1
	empty
done
is 'here: every byte of them' "$wrong" ''
# gone SIGNAL BYTES: status of a program that had so much of a body by then.
gone() {
	rm -f "$T/pipe"; mkfifo "$T/pipe"
	env --default-signal=INT,QUIT "$NM" inject a@x.y <"$T/pipe" 2>/dev/null & pid=$!
	exec 4>"$T/pipe"
	{ echo; head -c "$2" /dev/zero | tr '\0' x; } >&4
	if [ "$2" -gt 40000 ]; then until_true 5 test -e "$spool/tmp/$pid"
	else sleep 0.1; fi
	kill -"$1" $pid
	wait $pid
	echo "$? $(queued)"
	exec 4>&-
}
for s in 1:HUP 2:INT 3:QUIT 15:TERM; do
	is "here: SIG${s#*:} before a file is begun" "$(gone "${s#*:}" 100)" "$((128 + ${s%:*})) 0"
	is "here: SIG${s#*:} later" "$(gone "${s#*:}" 50000)" "$((128 + ${s%:*})) 0"
done
conf maxsize 1k
is 'here: too large' "$(head -c 2000 /dev/zero | nullmailer-inject a@x.y 2>&1 >/dev/null; echo $?)" \
    "nullmailer-queue: Message is too large. (see control file maxsize)${lf}nullmailer-inject: nullmailer-queue failed: 1${lf}1"
rm "$config/maxsize"
mv "$spool/tmp" "$spool/elsewhere"
has 'here: no spool' "$(echo | nullmailer-inject a@x.y 2>&1 >/dev/null; echo $?)" 'nullmailer-queue: Installation error'
mv "$spool/elsewhere" "$spool/tmp"
is 'here: nothing queued by that' "$(queued)" 0
is 'here: try again' "$( { echo | sh -c 'ulimit -n 5; exec nullmailer-inject a@x.y' 2>&1; echo $?; } | tail -n 2)" \
    "nullmailer-inject: nullmailer-queue failed: 75${lf}75"
is 'here: a body of 100 MB' "$( (echo; zeros 100000000) | limited 8192 nullmailer-inject a@x.y; echo $?)" 0
is 'here: and all of it' "$(tail -c 100000000 "$spool/queue/"* | tr -d x | wc -c)" 0
empty

# The page names every option.
for o in a b e h f n v; do
	has "page has -$o" "$(cat applets/nullmailer-inject.1)" "^\.It Fl $o\\b"
done
for o in $(nullmailer-inject --help | sed -n 's/^.*--\([a-z-]*\).*/\1/p'); do
	has "page has --$o" "$(cat applets/nullmailer-inject.1)" "Fl -$o\\b"
done
