/*
 * projection_recordings.c - recordings, from their start to their file; see
 * projection_private.h.
 */
#include "services/apid/projection_private.h"

static void hear_record_start(const struct heard *heard, const void *message)
{
	const struct record_start *m = message;
	store_put_recording(heard->store,
			    &(struct store_recording){
				    .sid = m->recording,
				    .account = heard->envelope->account_sid,
				    .call = m->leg,
				    .started_ms = heard->time_ms});
}

void projection_put_wish(struct store *store, const char *account,
			 const struct record_wish *wish)
{
	store_put_recording(
		store, &(struct store_recording){
			       .sid = wish->recording,
			       .account = account,
			       .call = wish->leg,
			       .status = (enum record_status)wish->status});
}

static void hear_record_wish(const struct heard *heard, const void *message)
{
	projection_put_wish(heard->store, heard->envelope->account_sid,
			    message);
}

/* Not as it was asked for. Unknown: the interpreter states it anew. */
static void hear_record_changed(const struct heard *heard, const void *message)
{
	const struct record_changed *m = message;
	if (!m->error || m->error == ERR_MEDIA_UNKNOWN)
		return;
	store_put_recording(heard->store,
			    &(struct store_recording){
				    .sid = m->recording,
				    .account = heard->envelope->account_sid,
				    .status = m->paused ? RECORD_STATUS_PAUSED
							: RECORD_STATUS_RUNS});
}

static void hear_recording_done(const struct heard *heard, const void *message)
{
	const struct recording_done *m = message;
	store_put_recording(heard->store,
			    &(struct store_recording){
				    .sid = m->recording,
				    .account = heard->envelope->account_sid,
				    .duration_ms = m->duration_ms,
				    .channels = m->channels,
				    .over = true,
				    .absent = m->absent});
}

static void hear_recording_stored(const struct heard *heard,
				  const void *message)
{
	const struct recording_stored *m = message;
	store_put_recording(heard->store,
			    &(struct store_recording){
				    .sid = m->recording,
				    .account = heard->envelope->account_sid,
				    .bytes = m->bytes,
				    .url = m->url});
}

const struct projection_row projection_recordings[] = {
	{&record_start_message, hear_record_start},
	{&record_wish_message, hear_record_wish},
	{&record_changed_message, hear_record_changed},
	{&recording_done_message, hear_recording_done},
	{&recording_stored_message, hear_recording_stored},
	{NULL, NULL},
};
