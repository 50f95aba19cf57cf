#include "core/ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/json.h"
#include "core/sock.h"
#include "core/time.h"

#define AGAIN_MS 20 /* between two tries; a process is started again within 200 ms */
#define READ_CHUNK 16384

static int try_once(const char *path, struct str frame, int64_t until_ms, json_t **answer,
    struct buf *body, struct err *e);
static int send_all(int fd, struct str bytes, int64_t until_ms, struct err *e);
static int read_answer(int fd, int64_t until_ms, json_t **answer, struct buf *body, struct err *e);
static int wait_for(int fd, short events, int64_t until_ms, struct err *e);

int
ask(const char *path, const json_t *question, struct str question_body, int64_t timeout_ms,
    json_t **answer, struct buf *body, struct err *e)
{
	int64_t until_ms = mono_ms() + timeout_ms;
	struct buf frame = { 0 };
	const json_t *error;
	int rc;

	*answer = NULL;
	rc = frame_encode(&frame, question, question_body, &frame_limits_default, e);
	if (rc != 0)
		goto out;
	while ((rc = try_once(path, buf_view(&frame), until_ms, answer, body, e)) != 0 &&
	       err_is(e, "MR503") && mono_ms() < until_ms)
		(void)poll(NULL, 0, AGAIN_MS);
	error = rc == 0 ? js_object(*answer, "error") : NULL;
	if (error != NULL) {
		rc = err_set(e, js_text_or(error, "code", "MR500"), "%s",
		    js_text_or(error, "message", "the other process refused"));
		json_decref(*answer);
		*answer = NULL;
	}
out:
	buf_free(&frame);
	return rc;
}

static int
try_once(const char *path, struct str frame, int64_t until_ms, json_t **answer, struct buf *body,
    struct err *e)
{
	int fd = -1, rc = -1;

	if (sock_connect(path, &fd, e) == 0 && send_all(fd, frame, until_ms, e) == 0 &&
	    read_answer(fd, until_ms, answer, body, e) == 0)
		rc = 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int
send_all(int fd, struct str bytes, int64_t until_ms, struct err *e)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_set(e, "MR503", "the other process has ended the connection");
		if (n < 0 && wait_for(fd, POLLOUT, until_ms, e) != 0)
			return -1;
		bytes = str_sub(bytes, n > 0 ? (size_t)n : 0, bytes.n);
	}
	return 0;
}

static int
read_answer(int fd, int64_t until_ms, json_t **answer, struct buf *body, struct err *e)
{
	struct buf in = { 0 };
	struct str got = { 0 };
	size_t used;
	int rc;

	while ((rc = frame_decode(&in, &frame_limits_default, answer, &got, &used, e)) == 0) {
		ssize_t n = read(fd, buf_reserve(&in, READ_CHUNK), READ_CHUNK);

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			rc = err_set(e, "MR503", "the other process has ended the connection");
			goto out;
		}
		if (n < 0 && wait_for(fd, POLLIN, until_ms, e) != 0) {
			rc = -1;
			goto out;
		}
		if (n > 0)
			buf_grew(&in, (size_t)n);
	}
	if (rc == 1 && body != NULL)
		buf_str(body, got);
	rc = rc == 1 ? 0 : -1;
out:
	buf_free(&in);
	return rc;
}

static int
wait_for(int fd, short events, int64_t until_ms, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left_ms = until_ms - mono_ms();

	if (left_ms <= 0 || (poll(&p, 1, (int)left_ms) < 0 && errno != EINTR))
		return err_set(e, "MR503", "the other process did not answer in time");
	return 0;
}
