/*
 * sdp_answer.c - the descriptions that we write: offers, answers, and the
 * offers of later.
 */
#include "services/mediad/sdp/sdp_answer.h"

#include "lib/base/buf.h"
#include "proto/proto.h"
#include "services/mediad/sdp/sdp_stream.h"
#include "services/mediad/sdp/sdp_video.h"

#include <string.h>

#define NOT_ACCEPTABLE 488

/* --- choosing --- */

static const struct sdp_safety *safety_of(const struct sdp_self *self)
{
	static const struct sdp_safety none = {.plain = true};

	return self->safety ? self->safety : &none;
}

static bool acceptable(const struct sdp_self *self,
		       const struct sdp_media *media, struct refusal *why_out)
{
	struct sdp_choice choice;

	return sdp_stream_acceptable(media, endpoint_family(&self->at),
				     why_out) &&
	       sdp_choose_cipher(safety_of(self), media, &choice, why_out);
}

/*
 * The stream at 'place' if it can be, for it is the one in use; otherwise the
 * first. The reason that is told is that of the last audio line, if there is
 * one.
 */
static int choose(const struct sdp_self *self, const struct sdp *offer,
		  unsigned place, struct refusal *why_out)
{
	struct refusal why, told;
	bool audio_seen = false;

	if (place < offer->media_count &&
	    acceptable(self, &offer->media[place], &why))
		return (int)place;
	refusal_set(&told, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
		    "the offer has no audio");
	for (unsigned i = 0; i < offer->media_count; i++) {
		if (acceptable(self, &offer->media[i], &why))
			return (int)i;
		if (offer->media[i].audio || !audio_seen)
			told = why;
		audio_seen = audio_seen || offer->media[i].audio;
	}
	*why_out = told;
	return -1;
}

bool sdp_can_answer(const struct sdp_self *self, const struct sdp *offer,
		    struct refusal *why_out)
{
	return choose(self, offer, 0, why_out) >= 0;
}

/* --- writing --- */

static void write_slice(struct buf *to, struct sdp_slice slice)
{
	buf_add(to, slice.at, slice.length);
}

static void write_head(const struct sdp_self *self, struct buf *to)
{
	const char *family =
		endpoint_family(&self->at) == AF_INET6 ? "IP6" : "IP4";
	char host[ENDPOINT_TEXT_BYTES];

	endpoint_host(&self->at, host);
	buf_addf(to,
		 "v=0\r\no=voxbus %llu %llu IN %s %s\r\ns=-\r\n"
		 "c=IN %s %s\r\nt=0 0\r\n",
		 (unsigned long long)self->id,
		 (unsigned long long)self->version, family, host, family, host);
}

static void write_codec(struct buf *to, enum codec codec, unsigned pt,
			const struct codec_fmtp *theirs)
{
	struct buf fmtp = BUF_INIT(SDP_LINE_MAX);

	buf_addf(to, "a=rtpmap:%u %s\r\n", pt, codec_rows[codec].rtpmap);
	if (codec_fmtp_write(codec, theirs, &fmtp))
		buf_addf(to, "a=fmtp:%u %s\r\n", pt, buf_text(&fmtp));
	buf_free(&fmtp);
}

static void write_tail(struct buf *to, unsigned ptime_ms,
		       enum sdp_direction direction)
{
	buf_addf(to, "a=ptime:%u\r\na=%s\r\n", ptime_ms,
		 sdp_direction_word(direction));
}

/* What stands beside the codecs of an offer: noise, digits of each clock, and
 * those of the usual one for phones with Opus that have no other. */
static unsigned beside(const enum codec *codecs, unsigned count,
		       enum codec *beside_out)
{
	bool wanted[CODEC_COUNT] = {false};
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++) {
		wanted[codec_event_of(codecs[i])] = wanted[CODEC_EVENT] = true;
		if (codec_takes_noise(codecs[i]))
			wanted[CODEC_CN] = true;
	}
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (wanted[i] && codec_is_there((enum codec)i))
			beside_out[found++] = (enum codec)i;
	return found;
}

void sdp_write_offer(const struct sdp_self *self, const enum codec *codecs,
		     unsigned count, const struct sdp_media *pictures,
		     struct buf *to)
{
	const struct sdp_safety *safety = safety_of(self);
	enum codec all[CODEC_AUDIO_MAX + CODEC_COUNT];

	memcpy(all, codecs, count * sizeof(*codecs));
	count += beside(codecs, count, all + count);
	write_head(self, to);
	buf_addf(to, "m=audio %u %s", endpoint_port(&self->at),
		 sdp_proto_for(safety));
	for (unsigned i = 0; i < count; i++)
		buf_addf(to, " %u", codec_rows[all[i]].pt);
	buf_add_text(to, "\r\n");
	for (unsigned i = 0; i < count; i++)
		write_codec(to, all[i], codec_rows[all[i]].pt, NULL);
	sdp_write_ciphers(safety, 0, to);
	if (safety->dtls)
		buf_add_text(to, "a=rtcp-mux\r\n");
	write_tail(to, codec_ptime(codecs[0], self->ptime_ms, 0), SDP_SENDRECV);
	if (pictures && self->video_port)
		sdp_video_offer(self, pictures, 1, to);
}

/* NULL: they have none. */
static const struct sdp_format *events_of(const struct sdp_media *media,
					  enum codec audio)
{
	const struct sdp_format *same =
		sdp_stream_format(media, codec_event_of(audio));
	const struct sdp_format *other = sdp_stream_format(media, CODEC_EVENT);

	return same    ? same
	       : other ? other
		       : sdp_stream_format(media, CODEC_EVENT_48);
}

/* Their codec, and what they offer beside it. */
static unsigned taken_of(const struct sdp_media *media,
			 const struct sdp_format **taken)
{
	const struct sdp_format *audio = sdp_stream_audio(media);
	const struct sdp_format *noise = sdp_stream_format(media, CODEC_CN);
	const struct sdp_format *event = events_of(media, audio->codec);
	unsigned count = 0;

	taken[count++] = audio;
	if (noise && codec_takes_noise(audio->codec))
		taken[count++] = noise;
	if (event)
		taken[count++] = event;
	return count;
}

static void write_accepted(const struct sdp_self *self,
			   const struct sdp_media *media, unsigned place,
			   struct buf *to)
{
	const struct sdp_format *taken[3];
	unsigned count = taken_of(media, taken);
	struct sdp_choice choice;
	struct codec_fmtp fmtp;
	struct refusal why;

	buf_addf(to, "m=audio %u ", endpoint_port(&self->at));
	write_slice(to, media->proto);
	for (unsigned i = 0; i < count; i++)
		buf_addf(to, " %u", taken[i]->pt);
	buf_add_text(to, "\r\n");
	for (unsigned i = 0; i < count; i++) {
		codec_fmtp_read(taken[i]->codec, taken[i]->fmtp.at,
				taken[i]->fmtp.length, &fmtp);
		write_codec(to, taken[i]->codec, taken[i]->pt, &fmtp);
	}
	if (sdp_choose_cipher(safety_of(self), media, &choice, &why))
		sdp_write_choice(safety_of(self), &choice, media, place, to);
	if (media->rtcp_mux)
		buf_add_text(to, "a=rtcp-mux\r\n");
	write_tail(to,
		   codec_ptime(taken[0]->codec, media->ptime_ms,
			       media->maxptime_ms),
		   sdp_mirrored_direction(media));
}

static void write_refused(const struct sdp_media *media, struct buf *to)
{
	buf_add_text(to, "m=");
	write_slice(to, media->type);
	buf_add_text(to, " 0 ");
	write_slice(to, media->proto);
	buf_add_text(to, " ");
	write_slice(to, media->format);
	buf_add_text(to, "\r\n");
}

static void write_line_again(struct buf *to, const char *name, unsigned pt,
			     struct sdp_slice words)
{
	if (words.length == 0)
		return;
	buf_addf(to, "a=%s:%u ", name, pt);
	write_slice(to, words);
	buf_add_text(to, "\r\n");
}

static void write_again(const struct sdp_self *self,
			const struct sdp_media *media, struct buf *to)
{
	buf_addf(to, "m=audio %u ", endpoint_port(&self->at));
	write_slice(to, media->proto);
	for (unsigned i = 0; i < media->format_count; i++)
		buf_addf(to, " %u", media->formats[i].pt);
	buf_add_text(to, "\r\n");
	for (unsigned i = 0; i < media->format_count; i++) {
		const struct sdp_format *format = &media->formats[i];

		write_line_again(to, "rtpmap", format->pt, format->rtpmap);
		write_line_again(to, "fmtp", format->pt, format->fmtp);
	}
	sdp_write_same_ciphers(media, to);
	if (media->rtcp_mux)
		buf_add_text(to, "a=rtcp-mux\r\n");
	write_tail(to, media->ptime_ms ? media->ptime_ms : CODEC_PTIME_MS,
		   SDP_SENDRECV);
}

void sdp_write_reoffer(const struct sdp_self *self, const struct sdp *ours,
		       struct buf *to)
{
	const struct sdp_media *active = sdp_active(ours);
	const struct sdp_media *video =
		self->video_port ? sdp_video_active(ours) : NULL;

	write_head(self, to);
	for (unsigned i = 0; i < ours->media_count; i++)
		if (&ours->media[i] == active)
			write_again(self, active, to);
		else if (&ours->media[i] == video)
			sdp_video_again(self, video, to);
		else
			write_refused(&ours->media[i], to);
}

bool sdp_write_answer(const struct sdp_self *self, const struct sdp *offer,
		      struct buf *to, struct refusal *why_out)
{
	int chosen = choose(self, offer, self->place, why_out);
	const struct sdp_media *video = sdp_video_wanted(self, offer);

	if (chosen < 0)
		return false;
	write_head(self, to);
	for (unsigned i = 0; i < offer->media_count; i++)
		if ((int)i == chosen)
			write_accepted(self, &offer->media[i], i, to);
		else if (&offer->media[i] == video)
			sdp_video_accept(self, video, i, to);
		else
			write_refused(&offer->media[i], to);
	if (to->full)
		return refusal_set(why_out, ERR_MEDIA_SDP, 400,
				   "the answer would exceed %d bytes",
				   SDP_BYTES_MAX);
	return true;
}
