/*
 * upload.c - a file as the body of a PUT, signed for S3-compatible stores (AWS
 * Signature Version 4, which libcurl does). The body is not part of what is
 * signed: it would have to be read twice; TLS guards it.
 */
#include "lib/http/transfer.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROVIDER_BYTES 128

static char *copy(const char *text)
{
	return mem_copy_text(text);
}

void upload_copy(struct http_transfer *transfer,
		 const struct http_upload *upload)
{
	transfer->upload = *upload;
	transfer->upload.content_type = copy(upload->content_type);
	transfer->upload.region = copy(upload->region);
	transfer->upload.key = copy(upload->key);
	transfer->upload.secret = copy(upload->secret);
	transfer->redirects_max = 0;
}

static void forget(const char *text)
{
	free((char *)(uintptr_t)text);
}

void upload_clear(struct http_transfer *transfer)
{
	struct http_upload *upload = &transfer->upload;

	forget(upload->content_type);
	forget(upload->region);
	forget(upload->key);
	if (upload->secret)
		explicit_bzero((char *)(uintptr_t)upload->secret,
			       strlen(upload->secret));
	forget(upload->secret);
	*upload = (struct http_upload){0};
}

static size_t on_read(char *to, size_t one, size_t size, void *owner)
{
	struct http_transfer *transfer = owner;
	ssize_t got = pread(transfer->upload.fd, to, one * size,
			    (off_t)transfer->uploaded);

	if (got < 0)
		return CURL_READFUNC_ABORT;
	transfer->uploaded += (uint64_t)got;
	return (size_t)got;
}

static int on_seek(void *owner, curl_off_t offset, int origin)
{
	struct http_transfer *transfer = owner;

	if (origin != SEEK_SET || offset < 0)
		return CURL_SEEKFUNC_FAIL;
	transfer->uploaded = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static void sign(struct http_transfer *transfer)
{
	const struct http_upload *upload = &transfer->upload;
	char provider[PROVIDER_BYTES];

	str_format(provider, sizeof(provider), "aws:amz:%s:s3", upload->region);
	curl_easy_setopt(transfer->easy, CURLOPT_AWS_SIGV4, provider);
	curl_easy_setopt(transfer->easy, CURLOPT_USERNAME, upload->key);
	curl_easy_setopt(transfer->easy, CURLOPT_PASSWORD, upload->secret);
}

void upload_prepare(struct http_transfer *transfer)
{
	CURL *easy = transfer->easy;

	transfer->uploaded = 0;
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
			 (curl_off_t)transfer->upload.size);
	if (transfer->upload.region)
		sign(transfer);
}
