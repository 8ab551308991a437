/* addresses - the addresses in a control file. */
#include "../conf/conf.h"
#include "../conf/hostname.h"
#include "addr.h"
#include "addresses.h"
#include "envelope.h"

int
addresses_load(const char *file, struct hostnames *names, struct buf *list)
{
	struct addr_list l = { 0 };
	struct str rest;
	int rc = conf_line(file, list);

	if (rc > 0)
		rc = names->me.n ? 0 : hostnames_load(names);
	if (rc == 0 && (addr_parse(&l, buf_str(list), names) < 0 ||
	    buf_z(list)[0] == '#'))
		rc = -2;
	buf_set(list, buf_str(&l.recipients));
	for (rest = buf_str(list); rest.n && rc == 0;)
		rc = address_valid(str_cut(&rest, '\n')) ? 0 : -2;
	if (rc == -2)
		conf_blame(file, "no addresses as in a To field");
	addr_free(&l);
	return rc;
}
