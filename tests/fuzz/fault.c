/* fault - any bytes as the text of a reply, at any stage: a verdict, permanent
 * only where the server said 5xx and not before MAIL. */
#include <stdint.h>
#include <stdlib.h>

#include "../../lib/smtp/fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
check_case(const struct fault_case *c)
{
	struct verdict v = fault_of(c);
	int key = fault_key(c->reply, c->text);

	must(v.fault > FAULT_NONE && v.fault < FAULTS);
	must(!v.permanent || (c->reply / 100 == 5 && c->stage >= STAGE_mail));
	must(c->stage > STAGE_starttls || v.fault == FAULT_ADDRESS);
	must(key == c->reply || (c->reply && key > 6000000 && key < 8000000));
	must(!fault_softened("550", c->reply, c->text) || c->reply == 550);
	must(!fault_softened_on_probation(c->reply, c->text) ||
	    c->reply / 100 == 5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fault_case c = { 0 };

	if (n < 4)
		return 0;
	c.text = (struct str){ (const char *)data + 4, n - 4 };
	c.reply = data[0] % 4 ? 400 + data[0] % 2 * 100 + data[1] % 100 : 0;
	c.how = 1 + data[1] % 3;
	c.answered = data[2] & 1;
	c.accepted = data[2] >> 1 & 1;
	c.recipients = data[3];
	for (c.stage = STAGE_connect; c.stage <= STAGE_session; c.stage++)
		check_case(&c);
	return 0;
}
