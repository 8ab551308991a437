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

# "A && B || die" and "for f in $(list)" are meant.
for f in $(scripts); do
	is "$f" "$(shellcheck -x -s sh -f gcc -e SC2013,SC2015 "$f")" ""
done
