# podman.sh - the image that initscripts/Containerfile makes, as README.md there
# says how: built, run, killed, replaced
# needs: podman buildah
. tests/interop/lib.sh
# Of an outer make, only the variables of its command line.
MAKEFLAGS=${MAKEFLAGS-}
export MAKEFLAGS="-- ${MAKEFLAGS##*-- }"
unset MAKELEVEL

CONFIG=$(make -s show-CONFIG) SPOOL=$(make -s show-SPOOL)
. tests/init/cgroup.sh
mount -t tmpfs run /run
export HOME="$T" XDG_RUNTIME_DIR="$T"

echo auto >"$T/script"
"$PEER" -t 1200 -p "$T/port" -l "$T/peer.log" "$T/script" &
owns $!
until_true 60 [ -s "$T/port" ] || exit 1
mkdir "$T/context" "$T/config" "$T/spool"
cp "$NM" "$T/context/nullmailer"
echo host.example.org >"$T/config/me"
echo "127.0.0.1 smtp port=1" >"$T/config/remotes"
chown 1000:1000 "$T/spool" "$T/config/remotes"
chmod 600 "$T/config/remotes"

store() {
	tool=$1; shift
	"$tool" --storage-driver vfs --root "$T/store" --runroot "$T/run" "$@"
}
pod() { store podman --cgroup-manager cgroupfs "$@"; }
# What a machine without its own limits on limits, or on cgroups, needs not.
run() {
	name=$1
	pod run --rm --name "$name" --network host --cgroups disabled \
	    --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
	    --user 1000 --read-only --cap-drop ALL \
	    --security-opt no-new-privileges \
	    -v "$T/config:$CONFIG:ro" -v "$T/spool:$SPOOL" nullmailer \
	    >"$T/log" 2>&1 </dev/null &
	outside=$!
	until_true 60 grep -q 'Rescanning queue' "$T/log" ||
	    sed 's/^/# /' "$T/log"
}
send_one() { message "$1" | pod exec -i "$name" /nullmailer sendmail -f s@example.org -t; }
delivered() { [ "$(grep -c ' M: .* accepted ' "$T/peer.log")" -ge "$1" ]; }

ok "build" store buildah bud -q --isolation chroot -t nullmailer \
    -f "$PWD/initscripts/Containerfile" "$T/context"
run one
for n in 1 2 3; do ok "message $n is queued" send_one $n; done
ok "all were tried in vain" \
    until_true 60 grep -q 'complete, 3 message(s) remain' "$T/log"
ok "kill" pod kill "$name"
wait "$outside"
is "they wait in the volume" "$(find "$T/spool/queue" -type f | wc -l)" 3
echo "127.0.0.1 smtp port=$(cat "$T/port")" >"$T/config/remotes"
run another
ok "another container sends them" until_true 60 delivered 3
printf 's@example.org\nr@example.net\n\nSubject: slipped in\n\n' \
    >"$T/spool/queue/1795200000.1"
chown 1000:1000 "$T/spool/queue/1795200000.1"
ok "kill --signal HUP" pod kill --signal HUP "$name"
ok "runs the queue" until_true 60 delivered 4
nothing_waits() { [ -z "$(pod exec "$name" /nullmailer mailq)" ]; }
ok "exec: mailq" until_true 60 nothing_waits
began=$(date +%s%N)
ok "stop" pod stop "$name"
wait "$outside"
is "it ended by itself" "$?" 0
took=$((($(date +%s%N) - began) / 1000000))
ok "at once ($took ms, podman's own time included)" [ "$took" -lt 9000 ]
is "each message was sent once" "$(grep -c ' M: .* accepted ' "$T/peer.log")" 4
echo "#= podman run --user 1000 --read-only --cap-drop ALL" \
    "--security-opt no-new-privileges: stopped in $took ms"
[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/log"
