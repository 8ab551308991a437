# divide.sh - nothing in ML-KEM divides: the time of a division tells of its
# operands, and a compiler that is to save bytes makes one of `x / 3329`. For
# the machine of $OBJECTS, whose compiler is $COMPILER and disassembler $OBJDUMP.
# needs: objdump=binutils
. tests/lib.sh

show() { make -s "show-$1" 2>/dev/null; }
[ -n "${OBJECTS:-}" ] ||
	OBJECTS=$(show OBJ) COMPILER=$(show CC) OBJDUMP=objdump

# divisions FILE...: instructions that divide, calls of functions that do
divisions() {
	"$OBJDUMP" -dr "$@" |
	    grep -E '[[:space:]](v?[isud]*div|rem)[a-z0-9.]*([[:space:]]|$)|__[a-z_]*(div|mod)'
}

if [ ! -f "$OBJECTS/ssl/mlkem.o" ] || [ "$(show MLKEM)" != 1 ]; then
	echo "#= not run: this build has no ML-KEM"
	ok "# SKIP: no ML-KEM" true
	exit
fi
cat >"$T/divide.c" <<'END'
unsigned quotient(unsigned a, unsigned b) { return a / b; }
END
cat >"$T/rest.c" <<'END'
int rest(int a, int b) { return a % b; }
END
cat >"$T/long.c" <<'END'
unsigned long long f(unsigned long long a, unsigned b) { return a % b / 3; }
END
for name in divide rest long; do
	# shellcheck disable=SC2086
	$COMPILER -Oz -c -o "$T/$name.o" "$T/$name.c"
	ok "a division is noticed, $name.c" \
	    [ -n "$(divisions "$T/$name.o")" ]
done
has "there is something to look at" \
    "$("$OBJDUMP" -d "$OBJECTS/ssl/mlkem.o")" '<quotient>\|<reduce>\|<ntt>'
is "ML-KEM does not divide" "$(divisions "$OBJECTS/ssl/mlkem.o")" ""
is "nor does its SHA-3" "$(divisions "$OBJECTS/ssl/sha3.o")" ""
