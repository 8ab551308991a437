# shell.sh - shellcheck of every shell script in the tree
# needs: shellcheck
. tests/lib.sh

scripts() {
	find applets ssl tests initscripts .ci -type f | sort |
	while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) ! head -n 1 "$f" | grep -q '^#!.*/sh' || echo "$f" ;;
		esac
	done
}

# Tests may play: what they are asked for is that nothing is wrong. "A && B ||
# die" and "for f in $(list)" are meant, and so is the shell's ulimit.
for f in $(scripts); do
	case $f in
	tests/*) level=warning ;;
	*) level=style ;;
	esac
	is "$f" "$(shellcheck -x -s sh -f gcc -S $level \
	    -e SC2013,SC2015,SC3045 "$f")" ""
done
