# cgroup.sh - for tests in a mount namespace of their own: /sys/fs/cgroup is the
# unified hierarchy, whatever the machine has there
umount -R /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 cgroup /sys/fs/cgroup || {
	echo "not ok - this kernel gives us no cgroup2"
	exit 1
}
