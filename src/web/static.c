#include "web/static.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/mem.h"
#include "web/answer.h"
#include "web/handlers.h"

enum { FILE_BYTES_MAX = 32 * 1024 * 1024, FILES_MAX = 4000, DEPTH_MAX = 8, PATH_SIZE = 4096 };

/*
 * One file, in the forms it is sent in. Where gzip makes it smaller only that form is held, and
 * inflated for the odd client that doesn't read it.
 */
struct file {
	char *path; /* as in the address: "/assets/index-1a2b3c4d.js" */
	const char *type;
	struct buf plain, gzip, brotli; /* empty: not held in this form */
	size_t size;                    /* of the plain form */
	char etag[24];                  /* W/"16 hex digits" */
	bool is_hashed;
};

static struct {
	struct file *v;
	size_t n;
} files;
static struct file *document;

static const struct {
	const char *end;
	const char *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".woff2", "font/woff2" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static int folder_load(const char *folder, const char *below, int depth, struct err *e);
static int entry_load(const char *path, const char *name, int depth, struct err *e);
static int file_load(const char *path, const char *name, struct err *e);
static int file_read(const char *path, struct buf *out, struct err *e);
static void file_finish(struct file *f);
static void gzip(const struct buf *in, struct buf *out);
static int brotli_attach(void);
static const char *type_of(struct str name);
static bool name_is_hashed(struct str path);
static int file_order(const void *a, const void *b);
static struct file *file_find(const char *path);
static struct file *page_find(const struct call *c);
static enum call_next file_answer(struct call *c, const struct file *f);
static struct str inflated(struct call *c, const struct file *f);

int
static_load(const char *folder, const char *openapi_path, struct err *e)
{
	struct file *f = mem_alloc(sizeof(*f));

	f->path = mem_strdup("/api/v1/openapi.json");
	f->type = type_of(str_of(f->path));
	if (file_read(openapi_path, &f->plain, e) != 0)
		return -1;
	file_finish(f);
	document = f;
	if (folder == NULL || folder[0] == '\0')
		return 0;
	files.v = mem_array(FILES_MAX, sizeof(*files.v));
	if (folder_load(folder, "", 0, e) != 0)
		return -1;
	files.v = mem_grow(files.v, files.n + 1, sizeof(*files.v));
	qsort(files.v, files.n, sizeof(*files.v), file_order);
	for (size_t i = 0; i < files.n; i++)
		file_finish(&files.v[i]);
	log_info("static.loaded", "files=%zu", files.n - (size_t)brotli_attach());
	return 0;
}

bool
static_answer(struct call *c, unsigned *allowed)
{
	struct file *f = file_find(c->path);

	*allowed = 0;
	if (f == NULL)
		f = page_find(c);
	if (f == NULL || f->type == NULL)
		return false;
	if (c->method != METHOD_GET && c->method != METHOD_HEAD) {
		*allowed = METHOD_GET | METHOD_HEAD | METHOD_OPTIONS;
		return false;
	}
	file_answer(c, f);
	return true;
}

enum call_next
openapi_get(struct call *c)
{
	return file_answer(c, document);
}

enum call_next
docs_get(struct call *c)
{
	struct file *f = file_find("/docs/index.html");

	if (f == NULL)
		return call_refuse(c, 404, "the page isn't installed; see /api/v1/openapi.json");
	return file_answer(c, f);
}

static int
folder_load(const char *folder, const char *below, int depth, struct err *e)
{
	char path[PATH_SIZE], name[PATH_SIZE];
	struct dirent *entry;
	int rc = -1;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		return err_set(e, "MR500", "the folder %s can't be read", folder);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
		        (int)sizeof(path) ||
		    snprintf(name, sizeof(name), "%s/%s", below, entry->d_name) >=
		        (int)sizeof(name)) {
			err_set(e, "MR500", "a path below %s is too long", folder);
			goto out;
		}
		if (entry_load(path, name, depth, e) != 0)
			goto out;
	}
	rc = 0;
out:
	closedir(dir);
	return rc;
}

static int
entry_load(const char *path, const char *name, int depth, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_set(e, "MR500", "%s can't be read", path);
	if (S_ISDIR(st.st_mode))
		return depth < DEPTH_MAX ? folder_load(path, name, depth + 1, e)
		                         : err_set(e, "MR500", "%s lies too deep", path);
	return S_ISREG(st.st_mode) ? file_load(path, name, e) : 0;
}

static int
file_load(const char *path, const char *name, struct err *e)
{
	struct file *f = &files.v[files.n];

	if (files.n == FILES_MAX)
		return err_set(e, "MR500", "more than %d files", FILES_MAX);
	if (file_read(path, &f->plain, e) != 0)
		return -1;
	f->path = mem_strdup(name);
	f->type = str_ends(str_of(name), ".br") ? NULL : type_of(str_of(name));
	f->is_hashed = name_is_hashed(str_of(name));
	files.n++;
	return 0;
}

static int
file_read(const char *path, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size > FILE_BYTES_MAX) {
		err_set(e, "MR500", "%s can't be read, or is too large", path);
		goto out;
	}
	while (
	    (n = read(fd, buf_reserve(out, (size_t)st.st_size + 1), (size_t)st.st_size + 1)) > 0) {
		buf_grew(out, (size_t)n);
		if (out->len > FILE_BYTES_MAX)
			break;
	}
	rc = n == 0 ? 0 : err_set(e, "MR500", "%s can't be read", path);
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

static void
file_finish(struct file *f)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	crypto_sha256(buf_view(&f->plain), digest);
	crypto_hex(digest, sizeof(digest), hex);
	snprintf(f->etag, sizeof(f->etag), "W/\"%.16s\"", hex);
	f->size = f->plain.len;
	if (f->type == NULL)
		return;
	gzip(&f->plain, &f->gzip);
	if (f->gzip.len < f->plain.len - f->plain.len / 10)
		buf_free(&f->plain);
	else
		buf_free(&f->gzip);
}

static void
gzip(const struct buf *in, struct buf *out)
{
	enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8 };
	z_stream z = { 0 };
	struct buf big = { 0 };

	if (in->len == 0 ||
	    deflateInit2(&z, 9, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	z.next_in = (Bytef *)in->data;
	z.avail_in = (uInt)in->len;
	z.avail_out = (uInt)deflateBound(&z, (uLong)in->len);
	z.next_out = (Bytef *)buf_reserve(&big, z.avail_out);
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		buf_append(out, z.next_out - z.total_out, z.total_out);
	deflateEnd(&z);
	buf_free(&big);
}

/* "x.js.br" is a form of "x.js", not a file of its own. Returns how many were. */
static int
brotli_attach(void)
{
	int n = 0;

	for (size_t i = 0; i < files.n; i++) {
		struct file *f = &files.v[i], *of;
		size_t len = strlen(f->path);

		if (f->type != NULL || len < 4)
			continue;
		f->path[len - 3] = '\0';
		of = file_find(f->path);
		f->path[len - 3] = '.';
		n++;
		if (of == NULL || of == f)
			continue;
		of->brotli = f->plain;
		f->plain = (struct buf){ 0 };
	}
	return n;
}

static const char *
type_of(struct str name)
{
	for (size_t i = 0; i < countof(types); i++) {
		if (str_ends(name, types[i].end))
			return types[i].type;
	}
	return "application/octet-stream";
}

/* As the bundler names them: "/assets/name-8hashed8.js". */
static bool
name_is_hashed(struct str path)
{
	enum { HASH = 8 };
	size_t dot = path.n;

	if (!str_starts(path, "/assets/"))
		return false;
	while (dot > 0 && path.p[dot - 1] != '.' && path.p[dot - 1] != '/')
		dot--;
	if (dot < HASH + 2 || path.p[dot - 1] != '.' || path.p[dot - 2 - HASH] != '-')
		return false;
	for (size_t i = dot - 1 - HASH; i < dot - 1; i++) {
		if (path.p[i] == '/' || path.p[i] == '.')
			return false;
	}
	return true;
}

static int
file_order(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static struct file *
file_find(const char *path)
{
	struct file key = { .path = (char *)(uintptr_t)path };

	if (files.n == 0)
		return NULL;
	if (strcmp(path, "/") == 0)
		key.path = (char *)(uintptr_t) "/index.html";
	else if (strcmp(path, "/docs/") == 0)
		key.path = (char *)(uintptr_t) "/docs/index.html";
	return bsearch(&key, files.v, files.n, sizeof(key), file_order);
}

/* A browser that opens an address of the app. */
static struct file *
page_find(const struct call *c)
{
	const char *accept = call_header_in(c, "accept");

	if ((c->method != METHOD_GET && c->method != METHOD_HEAD) || accept == NULL ||
	    strstr(accept, "text/html") == NULL || strncmp(c->path, "/api/", 5) == 0 ||
	    strncmp(c->path, "/hooks/", 7) == 0 || strncmp(c->path, "/assets/", 8) == 0)
		return NULL;
	return file_find("/index.html");
}

static enum call_next
file_answer(struct call *c, const struct file *f)
{
	const char *encodings = call_header_in(c, "accept-encoding");
	const char *known = call_header_in(c, "if-none-match");
	bool is_page = str_starts(str_of(f->type), "text/html");
	struct str body = buf_view(&f->plain);

	call_header_out(c, "cache-control",
	    is_page        ? "no-store"
	    : f->is_hashed ? "public, max-age=31536000, immutable"
	                   : "no-cache");
	call_header_out(c, "vary", "accept-encoding");
	if (!is_page) {
		call_header_out(c, "etag", f->etag);
		if (known != NULL && strstr(known, f->etag + 2) != NULL)
			return call_answer(c, 304, NULL, str_of(NULL));
	}
	c->out_is_static = true;
	if (f->brotli.len > 0 && encodings != NULL && strstr(encodings, "br") != NULL) {
		call_header_out(c, "content-encoding", "br");
		body = buf_view(&f->brotli);
	} else if (f->gzip.len > 0 && encodings != NULL && strstr(encodings, "gzip") != NULL) {
		call_header_out(c, "content-encoding", "gzip");
		body = buf_view(&f->gzip);
	} else if (f->gzip.len > 0) {
		c->out_is_static = false;
		body = inflated(c, f);
	}
	return call_answer(c, 200, f->type, body);
}

static struct str
inflated(struct call *c, const struct file *f)
{
	enum { GZIP_WINDOW = 15 + 16 };
	z_stream z = { 0 };
	char *out = arena_alloc(c->arena, f->size + 1);

	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return str_make(out, 0);
	z.next_in = (Bytef *)f->gzip.data;
	z.avail_in = (uInt)f->gzip.len;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)f->size;
	(void)inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return str_make(out, z.total_out);
}
