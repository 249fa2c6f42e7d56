/*
 * document.h - a customer's document as a flat, bounded tree of our own.
 *
 * The only door to libxml2. Never loads or expands an entity, refuses any
 * DOCTYPE, keeps to limits while it reads. What the verbs mean is not known
 * here (verbs.h).
 *
 * Contract: a document is one block per kind of thing, in document order; names
 * and texts are borrowed from it. Texts are UTF-8, trimmed, without control
 * characters but line break and tab. One thread at a time.
 */
#pragma once

#include "lib/markup/finding.h"

#include <stddef.h>
#include <stdint.h>

#define DOCUMENT_BYTES_MAX 65536
#define DOCUMENT_DEPTH_MAX 16
#define DOCUMENT_ELEMENTS_MAX 1000
#define DOCUMENT_ATTRIBUTES_MAX 64 /* of one element, name spaces included */
#define NODE_NONE UINT32_MAX

struct node { /* an element; number 0 is the root */
	uint32_t parent,
		next; /* numbers; next: its next sibling, or NODE_NONE */
	uint32_t first_child; /* or NODE_NONE */
	uint32_t first_attribute, attribute_count;
	uint32_t name, text; /* offsets of 'pool' */
	struct place place;  /* of its start tag */
};

struct attribute {
	uint32_t name, value; /* offsets of 'pool' */
	struct place place;
};

struct document {
	struct node *nodes;
	uint32_t node_count;
	struct attribute *attributes;
	uint32_t attribute_count;
	char *pool;
};

/*
 * Reads a body of that Content-Type. NULL if it is no document: findings then
 * hold an error with place and advice. Warnings tell what was mended; with
 * 'strict' a document that would have to be mended is none.
 */
struct document *document_parse(const char *body, size_t size,
				const char *content_type, bool strict,
				struct findings *findings);
struct document *document_free(struct document *document);

const char *document_name(const struct document *document, uint32_t node);
const char *document_text(const struct document *document, uint32_t node);
/* NULL if the element has no such attribute. */
const char *document_attribute(const struct document *document, uint32_t node,
			       const char *name);
/* Where the attribute stands, or its element if there is none. */
struct place document_place(const struct document *document, uint32_t node,
			    const char *attribute);
