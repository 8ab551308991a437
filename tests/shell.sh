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

# The shell is dash or busybox ash, which have `local` and `ulimit`. "A && B ||
# die", "for f in $(list)" and "VARIABLE= command" are meant.
for f in $(scripts); do
	case $f in
	tests/*) level=warning ;;
	*) level=style ;;
	esac
	is "$f" "$(shellcheck -x -s dash -f gcc -S $level \
	    -e SC1007,SC2010,SC2013,SC2015,SC3044 "$f")" ""
done
