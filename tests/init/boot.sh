# boot.sh - for tests that have $R (root.sh): systemd as process 1 of it, in
# namespaces and a cgroup of its own
# shellcheck disable=SC2034,SC2154  # for who includes this
. tests/init/cgroup.sh
group=$(mktemp -d /sys/fs/cgroup/nullmailer-test.XXXXXX)
halt_it() {
	echo 1 >"$group/cgroup.kill"
	until_true 60 grep -q 'populated 0' "$group/cgroup.events"
}
leave() {
	halt_it
	find "$group" -depth -type d -exec rmdir {} \;
	unmount
}
trap leave EXIT

# It may not set what belongs to the machine.
mount -t sysfs -o ro sysfs "$R/sys"
echo '[Unit]' >"$R/etc/systemd/system/test.target"
cat >"$T/boot.sh" <<'END'
cd "$1"
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t cgroup2 cgroup sys/fs/cgroup
exec env -i container=test PATH="$PATH" chroot . /lib/systemd/systemd \
    --system --unit=test.target --show-status=no
END
# boot: $ctl is systemctl there, $there another command's beginning
boot() {
	sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' sh "$group" \
	    unshare --cgroup --pid --uts --fork --kill-child \
	    --mount-proc="$R/proc" sh "$T/boot.sh" "$R" >"$T/boot" 2>&1 \
	    </dev/null &
	outside=$!
	until_true 60 sh -c "[ -s /proc/$outside/task/$outside/children ]"
	process1=$(children "$outside")
	there="nsenter --target $process1 --mount --pid --cgroup chroot $R"
	ctl="$there systemctl"
}
