# binary.sh - what the finished binary is, and what is not in it
# needs: readelf=binutils
. tests/lib.sh

size=$(wc -c <"$NM")
limit=368
[ -z "$(make -s show-HARDEN)" ] || limit=420
segments=$(readelf -lW "$NM")
sections=$(readelf -SW "$NM")

ok "$limit KB at most ($size bytes)" [ "$size" -le $((limit * 1024)) ]
lacks "no interpreter" "$segments" INTERP
if [ "$(make -s show-HARDEN)" = 1 ]; then
	has "an executable at any place" "$segments" 'Elf file type is DYN'
	has "relocations are read-only" "$segments" GNU_RELRO
	has "and done at the start" "$(readelf -dW "$NM")" 'BIND_NOW\|NOW'
	lacks "no library is needed" "$(readelf -dW "$NM")" NEEDED
else
	has "an executable at a fixed place" "$segments" \
	    'Elf file type is EXEC'
	lacks "no dynamic section" "$segments$sections" \
	    '[dD][yY][nN][aA][mM][iI][cC]'
	lacks "no page of the file for relocations" "$segments" GNU_RELRO
fi
lacks "stripped" "$sections" '\.symtab'
lacks "no debug information" "$sections" '\.debug'
lacks "no segment is writable and executable" "$segments" ' RWE '
has "no executable stack" "$segments" 'GNU_STACK.* RW '
lacks "no build identity" "$sections" 'note.gnu.build-id'
lacks "no path of the build machine" "$(strings -a "$NM")" "$PWD"

# The same objects with their symbols. Nothing may start a shell.
show() { make -s "show-$1" 2>/dev/null; }
# shellcheck disable=SC2046
$(show LINK) -o "$T/symbols" $(show OBJS) $(show LIBS)
names=$(readelf -sW "$T/symbols" | awk '{ print $8 }')
has "symbols are there to look at" "$names" '^main$'
lacks "no shell is ever started" "$names" '^\(system\|popen\|wordexp\)$'
lacks "no unbounded input" "$names" '^\(gets\|scanf\|__isoc99_scanf\)$'
