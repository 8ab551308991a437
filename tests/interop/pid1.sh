# pid1.sh - process 1 in an empty root: the binary, configuration, spool and
# nothing else; no /proc, /dev, /etc/passwd, shell or library
. tests/interop/lib.sh

root=$T/root
config=$root$(mk show-CONFIG) spool=$root$(mk show-SPOOL)
mkdir -p "$config" "$spool"
cp "$NM" "$root/nullmailer"

serve auto
remotes "127.0.0.1 smtp port=$port"
conf me host.example.org

SENDER="unshare --mount --pid --uts --ipc --fork chroot $root /nullmailer send"
start
logged 5 'Rescanning queue'
first=$(children "$sender")
is "it is process 1 in there" \
    "$(awk '/^NSpid:/ { print $NF }' "/proc/$first/status")" 1
owns "$first"

delivered() { [ "$(taken)" -ge "$1" ]; }
for n in 1 2; do
	message "$n" | chroot "$root" /nullmailer sendmail -t
	ok "message $n is delivered" until_true 5 delivered "$n"
	ok "and gone from the queue" until_true 5 drained
done

began=$(ms)
kill -TERM "$first"
wait "$sender"
code=$?
took=$(($(ms) - began))
is "TERM ends it" "$code" 0
echo "#= ended $took ms after TERM"
ok "within a second" [ "$took" -lt 1000 ]
is "nothing was written outside configuration and spool" "$(
	cd "$root" && find . -type f ! -path ".${spool#"$root"}/*" |
	sort)" "$(printf '%s\n' "./nullmailer" ".${config#"$root"}/me" \
	".${config#"$root"}/remotes" | sort)"
[ "$test_failed" -eq 0 ] || log | sed 's/^/# /'
