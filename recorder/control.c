// SPDX-License-Identifier: MIT
/* The control word of KVM_SET_GUEST_DEBUG as text. */
#include "recorder.h"

/* Names of bits, and the others in hex. */
void print_control(struct text *t, u32 control)
{
	text_name(t, "control");
	text_add(t, "[");
	for (const struct control_bit *b = control_bits; b->name; b++) {
		if (!(control & b->bit))
			continue;
		text_comma(t);
		text_quoted(t, b->name);
		control &= ~b->bit;
	}
	if (control) {
		text_comma(t);
		text_add(t, "\"0x%x\"", control);
	}
	text_add(t, "]");
}
