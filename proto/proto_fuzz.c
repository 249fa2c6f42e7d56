/*
 * proto_fuzz.c - hostile bytes as every message of the tables.
 */
#include "proto/proto.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	char error[PROTO_ERROR_BYTES];
	struct envelope envelope;
	if (proto_peek(text, size, &envelope, error)) {
		const struct proto_message *desc = proto_find(envelope.type);
		if (desc) {
			void *message = proto_new(desc);
			if (proto_decode(desc, text, size, &envelope, message,
					 error))
				free(proto_encode(desc, &envelope, message,
						  NULL));
			proto_free(desc, message);
		}
	}
	free(proto_masked(text, size));
	return 0;
}
