# binary.sh - what the finished binary is, and what is not in it
# needs: readelf=binutils
. tests/lib.sh

size=$(wc -c <"$NM")
segments=$(readelf -lW "$NM")
sections=$(readelf -SW "$NM")

ok "320 KB at most ($size bytes)" [ "$size" -le $((320 * 1024)) ]
has "an executable at a fixed place" "$segments" 'Elf file type is EXEC'
lacks "no interpreter" "$segments" INTERP
lacks "no dynamic section" "$segments$sections" '[dD][yY][nN][aA][mM][iI][cC]'
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
