/*
 * setup.c - see setup.h. G.729's library is under the GPL, the rest is not:
 * that is why it is loaded, and may be missing (modules/g729/README.md).
 */
#include "services/mediad/codec/setup.h"

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "services/mediad/codec/codec.h"
#include "services/mediad/codec/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static const struct codec_module *module;
static int complexity = CODEC_OPUS_COMPLEXITY;

const struct codec_module *setup_module(void)
{
	return module;
}

int setup_opus_complexity(void)
{
	return complexity;
}

/*
 * lib/voxbus of the nearest folder above the program that has it: /usr/bin's is
 * in /usr/lib/voxbus, build/bin's and those of the tests in build/lib/voxbus.
 */
static bool usual_path(char *path, size_t size)
{
	char folder[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	char *slash;

	folder[length > 0 ? length : 0] = '\0';
	while ((slash = strrchr(folder, '/'))) {
		*slash = '\0';
		if (str_format(path, size, "%s/lib/voxbus/g729.so", folder) &&
		    access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static const struct codec_module *load(const char *path)
{
	const struct codec_module *found;
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!object) {
		log_line(LOG_WARN, NULL, 0, "G.729's module: %s", dlerror());
		return NULL;
	}
	found = dlsym(object, CODEC_MODULE_SYMBOL);
	if (!found || found->version != CODEC_MODULE_VERSION) {
		log_line(LOG_WARN, NULL, 0,
			 "G.729's module: %s is none of this version", path);
		dlclose(object);
		return NULL;
	}
	log_line(LOG_INFO, NULL, 0, "G.729 is spoken by %s", found->name);
	return found;
}

static bool load_g729(const char *named)
{
	char path[PATH_MAX];

	if (named && str_equal(named, "none"))
		return true;
	if (named && named[0]) {
		module = load(named);
		return module != NULL;
	}
	if (usual_path(path, sizeof(path)))
		module = load(path);
	if (!module)
		log_line(LOG_INFO, NULL, 0,
			 "G.729 is not spoken: its module is not there");
	return true;
}

bool codec_setup(const struct codec_setup *setup)
{
	bool good = load_g729(setup->g729_module);

	complexity = (int)setup->opus_complexity;
	codec_enable(CODEC_G722, true);
	codec_enable(CODEC_OPUS, true);
	codec_enable(CODEC_CN, true);
	codec_enable(CODEC_EVENT_48, true);
	codec_enable(CODEC_G729, module != NULL);
	return good;
}
