# pid1.sh - process 1 in an empty root: the binary, configuration, spool and
# nothing else; no /proc, /dev, /etc/passwd, shell or library
. tests/interop/lib.sh
unset MAKEFLAGS MAKELEVEL

root=$T/root
config=$root$(make -s show-CONFIG)
spool=$root$(make -s show-SPOOL)
mkdir -p "$config" "$spool"
cp "$NM" "$root/nullmailer"

echo auto >"$T/script"
serve -t 60 "$T/script"
echo "127.0.0.1 smtp port=$(cat "$T/port")" >"$config/remotes"
echo host.example.org >"$config/me"

unshare --mount --pid --uts --ipc --fork chroot "$root" /nullmailer send \
    >"$T/log" 2>&1 &
outside=$!
until_true 5 grep -q 'Rescanning queue' "$T/log"
first=$(children "$outside")
is "it is process 1 in there" \
    "$(awk '/^NSpid:/ { print $NF }' "/proc/$first/status")" 1
owns "$first"

delivered() { [ "$(grep -c ' M: .* accepted ' "$T/peer.log")" -ge "$1" ]; }
for n in 1 2; do
	message "$n" | chroot "$root" /nullmailer sendmail -t
	ok "message $n is delivered" until_true 5 delivered "$n"
	ok "and gone from the queue" until_true 5 [ -z "$(ls "$spool/queue")" ]
done

began=$(date +%s%N)
kill -TERM "$first"
wait "$outside"
code=$?
took=$((($(date +%s%N) - began) / 1000000))
is "TERM ends it" "$code" 0
echo "#= ended $took ms after TERM"
ok "within a second" [ "$took" -lt 1000 ]
is "nothing was written outside configuration and spool" "$(
	cd "$root" && find . -type f ! -path ".${spool#"$root"}/*" |
	sort)" "$(printf '%s\n' "./nullmailer" ".${config#"$root"}/me" \
	".${config#"$root"}/remotes" | sort)"
[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/log"
