/*
 * httpd_answer.c - answers of the HTTP server; see httpd.h.
 */
#include "lib/runtime/httpd_private.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

METRIC_COUNTER(answers_2xx, "http_answers_total", "class=\"2xx\"",
	       "Answers of the daemon's HTTP server.")
METRIC_COUNTER(answers_3xx, "http_answers_total", "class=\"3xx\"",
	       "Answers of the daemon's HTTP server.")
METRIC_COUNTER(answers_4xx, "http_answers_total", "class=\"4xx\"",
	       "Answers of the daemon's HTTP server.")
METRIC_COUNTER(answers_5xx, "http_answers_total", "class=\"5xx\"",
	       "Answers of the daemon's HTTP server.")

void httpd_text(struct httpd_answer *answer, int status, const char *type,
		const char *text)
{
	answer->status = status;
	answer->type = type;
	answer->size = strlen(text);
	answer->body = mem_copy_bytes(text, answer->size);
}

static char errors_at[HTTPD_LINK_BYTES];

void httpd_errors_at(const char *url)
{
	size_t length = strlen(url);
	while (length && url[length - 1] == '/')
		length--;
	(void)str_copy_bytes(errors_at, sizeof(errors_at), url, length);
}

void httpd_error_link(int code, char *link_out)
{
	if (!str_format(link_out, HTTPD_LINK_BYTES, "%s/errors/%d", errors_at,
			code))
		(void)str_format(link_out, HTTPD_LINK_BYTES, "/errors/%d",
				 code);
}

void httpd_error(struct httpd_answer *answer, int status, int code,
		 const char *message)
{
	struct buf json = BUF_INIT(8192);
	char link[HTTPD_LINK_BYTES];
	buf_addf(&json, "{\"code\":%d,\"message\":\"", code);
	buf_add_json(&json, message);
	httpd_error_link(code, link);
	buf_add_text(&json, "\",\"more_info\":\"");
	buf_add_json(&json, link);
	buf_addf(&json, "\",\"status\":%d}\n", status);
	answer->status = status;
	answer->type = "application/json";
	answer->size = json.length;
	answer->body = buf_take(&json);
}

static void count_answer(int status)
{
	struct metric *const classes[] = {&answers_2xx, &answers_3xx,
					  &answers_4xx, &answers_5xx};
	int class = status / 100 - 2;
	if (class >= 0 && class < 4)
		metric_add(classes[class], 1);
}

static struct MHD_Response *response_of(struct httpd_answer *answer)
{
	struct MHD_Response *response;

	if (answer->file) {
		free(answer->body);
		response = MHD_create_response_from_fd64(answer->file_size,
							 answer->file);
		if (!response)
			close(answer->file);
		return response;
	}
	response = MHD_create_response_from_buffer(
		answer->body ? answer->size : 0, answer->body,
		MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(answer->body);
	return response;
}

enum MHD_Result httpd_send(struct exchange *exchange,
			   struct httpd_answer *answer)
{
	const char *type = answer->type ? answer->type : "application/json";
	int status = answer->status ? answer->status : 200;
	struct MHD_Response *response = response_of(answer);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->extra_name)
		MHD_add_response_header(response, answer->extra_name,
					answer->extra_value);
	count_answer(status);
	enum MHD_Result result = MHD_queue_response(exchange->connection,
						    (unsigned)status, response);
	MHD_destroy_response(response);
	return result;
}
