/*
 * tls_files.c - our certificate, our key, and the CAs that we believe; see
 * tls_files.h.
 */
#include "services/sipgw/tls_files.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/settings.h"
#include "proto/proto.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOOK_MS 1000

/* TLS 1.2: forward secrecy and authenticated encryption; elliptic curves, or
 * old phones' Diffie-Hellman. TLS 1.3's own are all sound. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL"

enum { FILE_CERT, FILE_KEY, FILE_CA, FILES };

/* What tells that a file has changed. */
struct stamp {
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct tls_files {
	const char *path[FILES];
	struct stamp stamp[FILES];
	int64_t looked_ms;
	SSL_CTX *server, *client;
};

static const char *why(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	return reason ? reason : "not to be used";
}

/* A key with a password must not ask for it on a terminal. */
static int no_password(char *to, int size, int writing, void *owner)
{
	(void)to, (void)size, (void)writing, (void)owner;
	return -1;
}

static SSL_CTX *make_context(const SSL_METHOD *method)
{
	SSL_CTX *context = SSL_CTX_new(method);
	if (!context)
		return NULL;
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(context, CIPHERS);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION |
					     SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(context, no_password);
	return context;
}

static bool load_own(const struct tls_files *files, SSL_CTX *context,
		     char *error_out)
{
	const char *cert = files->path[FILE_CERT], *key = files->path[FILE_KEY];
	if (!*cert)
		return true;
	if (SSL_CTX_use_certificate_chain_file(context, cert) != 1)
		str_format(error_out, TLS_FILES_ERROR_BYTES,
			   "VOXBUS_TLS_CERT=%s: %s", cert, why());
	else if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) !=
		 1)
		str_format(error_out, TLS_FILES_ERROR_BYTES,
			   "VOXBUS_TLS_KEY=%s: %s", key, why());
	else if (SSL_CTX_check_private_key(context) != 1)
		str_format(error_out, TLS_FILES_ERROR_BYTES,
			   "VOXBUS_TLS_KEY=%s is not the key of "
			   "VOXBUS_TLS_CERT=%s",
			   key, cert);
	else
		return true;
	return false;
}

static bool load_cas(const struct tls_files *files, SSL_CTX *context,
		     char *error_out)
{
	const char *ca = files->path[FILE_CA];
	if (!*ca)
		SSL_CTX_set_default_verify_paths(context);
	else if (SSL_CTX_load_verify_file(context, ca) != 1) {
		str_format(error_out, TLS_FILES_ERROR_BYTES,
			   "VOXBUS_TLS_CA=%s: %s", ca, why());
		return false;
	}
	return true;
}

static bool load_all(struct tls_files *files, char *error_out)
{
	static const unsigned char name[] = "voxbus sips";
	SSL_CTX *client = make_context(TLS_client_method());
	SSL_CTX *server = make_context(TLS_server_method());
	ERR_clear_error();
	str_copy(error_out, TLS_FILES_ERROR_BYTES, "TLS: out of memory");
	if (!client || !server || !load_own(files, client, error_out) ||
	    !load_own(files, server, error_out) ||
	    !load_cas(files, client, error_out)) {
		SSL_CTX_free(client);
		SSL_CTX_free(server);
		ERR_clear_error();
		return false;
	}
	SSL_CTX_set_session_id_context(server, name, sizeof(name) - 1);
	SSL_CTX_set_dh_auto(server, 1);
	SSL_CTX_free(files->client);
	SSL_CTX_free(files->server);
	files->client = client;
	files->server = server;
	return true;
}

/* True: a file is another one than when we looked last. */
static bool look(struct tls_files *files)
{
	bool changed = false;
	struct stat now;
	for (int i = 0; i < FILES; i++) {
		struct stamp stamp = {0};
		if (*files->path[i] && stat(files->path[i], &now) == 0) {
			stamp.inode = now.st_ino;
			stamp.size = now.st_size;
			stamp.changed.tv_sec = now.st_mtim.tv_sec;
			stamp.changed.tv_nsec = now.st_mtim.tv_nsec;
		}
		changed |= memcmp(&stamp, &files->stamp[i], sizeof(stamp)) != 0;
		files->stamp[i] = stamp;
	}
	return changed;
}

static void refresh(struct tls_files *files)
{
	char error[TLS_FILES_ERROR_BYTES];
	int64_t now_ms = clock_mono_ms();
	if (now_ms - files->looked_ms < LOOK_MS)
		return;
	files->looked_ms = now_ms;
	if (!look(files))
		return;
	if (load_all(files, error))
		log_info(NULL, "TLS: changed files were read");
	else
		log_error(NULL, ERR_SIP_CERTIFICATE,
			  "%s; what was read before goes on", error);
}

struct tls_files *tls_files_new(const struct settings *settings,
				char *error_out)
{
	struct tls_files *files = mem_new(1, sizeof(*files));
	files->path[FILE_CERT] = settings->tls_cert;
	files->path[FILE_KEY] = settings->tls_key;
	files->path[FILE_CA] = settings->tls_ca;
	files->looked_ms = clock_mono_ms();
	(void)look(files);
	return load_all(files, error_out) ? files : tls_files_free(files);
}

struct tls_files *tls_files_free(struct tls_files *files)
{
	if (files) {
		SSL_CTX_free(files->client);
		SSL_CTX_free(files->server);
		free(files);
	}
	return NULL;
}

SSL_CTX *tls_files_server(struct tls_files *files)
{
	if (!*files->path[FILE_CERT])
		return NULL;
	refresh(files);
	return files->server;
}

SSL_CTX *tls_files_client(struct tls_files *files)
{
	refresh(files);
	return files->client;
}
