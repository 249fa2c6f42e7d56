/*
 * tls_files.h - our certificate, our key, and the CAs that we believe.
 *
 * Contract: read at the start, where anything wrong is refused with one line.
 * Before a handshake, at most once a second, the files are looked at again;
 * changed ones are read, and if they cannot be used the old ones stay, with one
 * line in the log for each change. Loop's thread.
 */
#pragma once

#include <openssl/ssl.h>

#include <stdbool.h>

#define TLS_FILES_ERROR_BYTES 512

struct settings;
struct tls_files;

/* NULL: 'error_out' (TLS_FILES_ERROR_BYTES) says why. */
struct tls_files *tls_files_new(const struct settings *settings,
				char *error_out);
struct tls_files *tls_files_free(struct tls_files *files);
/* The context for the next handshake; the server's is NULL without a
 * certificate. */
SSL_CTX *tls_files_server(struct tls_files *files);
SSL_CTX *tls_files_client(struct tls_files *files);
