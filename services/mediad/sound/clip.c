/*
 * clip.c - addresses are reserved once and never move, so that readers need
 * nothing but the number of samples; see clip.h.
 */
#include "services/mediad/sound/clip.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static size_t mapped(const struct clip *clip)
{
	return pages(clip->room * sizeof(*clip->pcm));
}

struct clip *clip_new(uint32_t rate_hz, int64_t seconds_max)
{
	struct clip *clip = mem_new(1, sizeof(*clip));
	void *memory;

	clip->rate_hz = rate_hz;
	clip->room = (size_t)seconds_max * rate_hz;
	memory = mmap(NULL, mapped(clip), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		free(clip);
		return NULL;
	}
	clip->pcm = memory;
	return clip;
}

struct clip *clip_free(struct clip *clip)
{
	if (!clip)
		return NULL;
	if (clip->room)
		munmap(clip->pcm, mapped(clip));
	free(clip);
	return NULL;
}

bool clip_add(struct clip *clip, const int16_t *pcm, size_t samples)
{
	size_t there = clip_samples(clip), left = clip->room - there;
	size_t taken = samples < left ? samples : left;

	memcpy(clip->pcm + there, pcm, taken * sizeof(*pcm));
	atomic_store_explicit(&clip->samples, there + taken,
			      memory_order_release);
	return taken == samples;
}

static void give_back(struct clip *clip)
{
	size_t samples = clip_samples(clip), had = mapped(clip), needed;

	clip->room = samples;
	needed = mapped(clip);
	if (needed < had)
		munmap((char *)clip->pcm + needed, had - needed);
}

void clip_end(struct clip *clip)
{
	give_back(clip);
	atomic_store_explicit(&clip->state, CLIP_WHOLE, memory_order_release);
}

void clip_fail(struct clip *clip, int error, const char *text)
{
	give_back(clip);
	clip->error = error;
	if (!text || !str_copy(clip->text, sizeof(clip->text), text))
		str_copy(clip->text, sizeof(clip->text),
			 proto_error(error)->name);
	atomic_store_explicit(&clip->state, CLIP_FAILED, memory_order_release);
}
