# conform.sh - the cases of tests/conform.sh on Debian's nullmailer 2.2, unpacked
# and not installed; and queue files of either delivered by the other
# needs: dpkg-deb=dpkg
UNPACK=nullmailer
. tests/interop/lib.sh
reference

REF=$T/package sh tests/conform.sh >"$T/out" 2>&1
is "the cases" "$?" 0
grep '^not ok' -A9 "$T/out"
ok "there are many" [ "$(grep -c '^ok' "$T/out")" -gt 400 ]
differ=$(grep -c '^ok .*: differs, ' "$T/out")
ok "in $differ of $(grep -c '^ok' "$T/out") they differ, for these reasons" \
    [ "$differ" -gt 50 ]
sed -n 's/^ok [0-9]* - \(.*\): differs, \(.*\)/# \2: \1/p' "$T/out" | sort

# ---- one spool, two sets of programs ----
# theirs, ours: whose programs the test prefix has
theirs() { their_programs "$P"; }
ours() {
	rm -rf "${P:?}/bin" "$P/sbin" "$P/protocols" "$spool/trigger"
	prefix
	mv "$config/me" "$P/mailname"
}
prefix
mv "$config/me" "$P/mailname"
conf pausetime 0
serve auto
remotes "127.0.0.1 smtp port=$port"
bodies() {
	for f in "$T"/got.*; do
		sed 's/\r$//; s/^\.\./../; s/^\.\(.\)/\1/' "$f" | sha256sum
	done | sort
}
swap() {
	rm -f "$T"/got.*
	"$1"
	i=0
	while [ $i -lt 30 ]; do
		i=$((i + 1))
		message $i >"$T/message"
		"$P/sbin/sendmail" -t <"$T/message" || break
	done
	is "$1 queue 30 messages" "$(waiting)" 30
	texts "$spool/queue" >"$T/want"
	"$2"
	timeout 60 "$P/sbin/nullmailer-send" >"$T/log" 2>&1
	is "$2 deliver them" "$(waiting) $(failed)" "0 0"
	bodies >"$T/arrived"
	ok "byte for byte" cmp "$T/want" "$T/arrived"
}
swap theirs ours
swap ours theirs

# Reports, failed/ and the listing, across.
printf 'a@b.c\nd@e.f\n\nSubject: x\n\nb\n' >"$spool/failed/1700000000.1"
ours
is "their dsn and ours read failed/ of either" \
    "$(nullmailer-dsn 5.0.0 <"$spool/failed/1700000000.1" | grep -c '^Final-Recipient: rfc822; d@e.f')$(
    theirs; "$P/bin/nullmailer-dsn" 5.0.0 <"$spool/failed/1700000000.1" |
	grep -c '^Final-Recipient: rfc822; d@e.f')" 11
