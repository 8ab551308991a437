# core.sh - what must work on every machine: $NM is another machine's program,
# the servers are ours
. tests/lib.sh
prefix
certificate
FROM=s@x.y
remote() { remotes "127.0.0.1 smtp port=$port $*"; }

# The file is named so that the long tests are left out.
arithmetic() {
	timeout 300 "$1" "tests/data/${1##*/}.txt" >"$T/unit" ||
	    { grep '^not' "$T/unit"; return 1; }
}
for unit in "${NM%/*}"/tests/unit/ssl/*; do
	[ ! -x "$unit" ] || ok "unit ${unit##*/}" arithmetic "$unit"
done

printf 'Subject: hi\n\n.dot\nbye\n' | timeout 300 nullmailer-inject -f s@x.y r@a.b z
is "inject and queue" "$? $(waiting)" "0 1"
is "the envelope" "$(stored | head -n 4 | tr '\n' ' ')" "s@x.y r@a.b z@f.q.d.n  "
has "the date is of this year" "$(stored)" "^Date: .* $(date +%Y) "

serve "starttls $T/server.pem" auto
remote "starttls x509cafile=$T/ca.pem tls-name=other.test"
run
is "TLS: a wrong name is refused" "$(waiting) $(taken)" "1 0"
has "and the log says so" "$(log)" 'TLS.*\(name\|other.test\)'
remote "starttls tls-name=mail.test"
run
is "TLS: so is a CA nobody knows" "$(waiting) $(taken)" "1 0"
remote "starttls x509cafile=$T/ca.pem tls-name=mail.test"
run
is "TLS: the right name is sent to" "$(waiting) $(taken)" "0 1"
has "byte by byte" "$(cat "$T"/got.1)" '^\.\.dot'
ok "a kernel without a sandbox is spoken of once at most" \
    [ "$(lines 'kernel has no')" -le 1 ]

serve 'on RCPT r@x.y 550 5.1.1 no such user' auto
remote
put 1000000001.1 r@x.y
touch -d '2 minutes ago' "$spool/queue/1000000001.1"
run
is "DSN: refused for good, a report is sent" "$(waiting) $(taken) $(failed)" "0 1 1"
has "to the sender" "$(transcript)" '^C: RCPT TO:<s@x.y>'
has "with the server's words" "$(cat "$T"/got.1)" '^Diagnostic-Code: .*550 5.1.1 no such user'
has "and a date of today" "$(cat "$T"/got.1)" "^Arrival-Date: .* $(date +%Y) "
empty

serve 'on RCPT 450 later' auto
remote
put 2209000001.1 r@x.y
touch -d '2040-01-01 00:00:00 UTC' "$spool/queue/2209000001.1"
run
is "from 2040: kept after a deferral" "$(waiting) $(stat -c %Y "$spool"/queue/*)" "1 2208988800"
has "and listed" "$(mailq)" '2040'
serve auto
remote
run
is "and sent" "$(waiting) $(taken)" "0 1"
