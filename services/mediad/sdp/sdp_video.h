/*
 * sdp_video.h - the stream of pictures beside the sound: offered, answered,
 * agreed on (RFC 3264). Pictures are passed on as they are, so both legs must
 * have the same formats: what one side offered is what the other is offered.
 *
 * Contract: nothing here ever refuses a call: a stream that cannot be is
 * refused in place (port 0). Its keys may stand in the SDP (RFC 4568); a stream
 * that insists on DTLS is refused. What is written depends on the arguments
 * alone. Any thread.
 */
#pragma once

#include "services/mediad/sdp/sdp_answer.h"

struct sdp_video_format {
	uint8_t ours, theirs; /* payload types that each side wants to get */
	uint64_t key;         /* the same for the same format in any leg */
};

struct sdp_video_terms {
	bool on; /* both have it; all else holds only then */
	bool sends, hears;
	bool mux;
	bool sealed; /* by 'keys', which are to be wiped after use */
	struct suite_keys keys;
	struct endpoint rtp, rtcp; /* of the other side; rtcp may be none */
	unsigned count;
	struct sdp_video_format formats[SDP_VIDEO_FORMATS];
};

/* Whether there is any at all, to be taken or not. */
bool sdp_video_is_offered(const struct sdp *offer);
/* The one that may be taken: the first whose formats, address and keys do. */
const struct sdp_media *sdp_video_wanted(const struct sdp_self *self,
					 const struct sdp *offer);
/* In an answer of ours, as 'self' has it. */
void sdp_video_accept(const struct sdp_self *self,
		      const struct sdp_media *offered, unsigned place,
		      struct buf *to);
/* In an offer of ours: the formats of 'like', a stream that is in use. */
void sdp_video_offer(const struct sdp_self *self, const struct sdp_media *like,
		     unsigned place, struct buf *to);
/* Once more what 'ours' says. */
void sdp_video_again(const struct sdp_self *self, const struct sdp_media *ours,
		     struct buf *to);
/* The stream of pictures that is in use in a description of ours; NULL. */
const struct sdp_media *sdp_video_active(const struct sdp *ours);
void sdp_video_agree(const struct sdp *local, const struct sdp *remote,
		     int family, struct sdp_video_terms *terms_out);
