/*
 * verb_redirect.c - <Redirect method="POST">URL</Redirect>: another document;
 * without text the present one again.
 */
#include "services/interpreter/call.h"

#include "services/interpreter/url.h"

enum verb_result verb_redirect(struct call *call, struct leg *leg)
{
	struct runner *runner = leg->runner;
	const char *text = document_text(runner->document, runner->verb);
	char url[URL_BYTES];
	if (!url_document(runner->url, text, url, sizeof(url))) {
		note(call, leg, NOTE_ERROR, ERR_URL_INVALID, runner->url,
		     "Redirect: '%.100s' is no http(s) or nats URL: write an "
		     "absolute "
		     "one, or one relative to this document",
		     text);
		runner_fail(call, leg, ERR_URL_INVALID, 0);
		return VERB_LEFT;
	}
	runner_fetch(call, leg, url,
		     verbs_method(runner->document, runner->verb, "method"),
		     NULL);
	return VERB_LEFT;
}
