/*
 * load.c: an HTTP/1.1 load generator on loopback, for benchmarks. A longer file than most: it is a
 * whole program, and links nothing of ours that it might measure.
 *
 *	load --port P --path /hooks/… [--method POST] [--header 'Name: value']… [--body TEXT]
 *	     [--connections 32] [--seconds 5] [--rate R] [--ledger FILE]
 *
 * Closed loop unless --rate is given: then R requests a second are sent on a fixed timetable, and
 * latency counts from the planned instant, so a stalled server can't hide its stall. --ledger
 * writes a line for each answer with a run: its id, the planned instant and that of the answer, in
 * us of CLOCK_MONOTONIC. `{n}` in a header or the body becomes the number of the request.
 *
 * Prints one line: sent ok limited (429) other rate p50_us p99_us max_us.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define ANSWER_MAX 65536
#define RUN_ID_TEXT 36

struct conn {
	int fd;
	bool busy;
	int64_t since_us; /* from when it counts */
	size_t have;
	char answer[ANSWER_MAX];
};

static struct {
	int port, connections;
	double seconds, rate;
	const char *method, *path, *body, *ledger;
	char headers[4096];
} opt = { .connections = 32, .seconds = 5, .method = "POST", .body = "{}" };

static struct conn *conns;
static int epoll_fd;
static int64_t *latency;
static size_t latency_n, latency_cap;
static size_t sent, ok, limited, other;
static FILE *ledger;

static int wait_until(struct epoll_event *events, int max, int64_t t, int64_t wake_us);
static void options(int argc, char **argv);
static void conn_open(struct conn *c);
static void conn_send(struct conn *c, int64_t since_us);
static size_t numbered(char *to, size_t size, const char *from);
static void conn_read(struct conn *c);
static void answered(struct conn *c, int status, const char *body, size_t n);
static void report(int64_t elapsed_us);
static int64_t now_us(void);
static int by_value(const void *a, const void *b);
static void die(const char *what);

int
main(int argc, char **argv)
{
	int64_t start_us, end_us, next = 0;
	int busy = 0;
	bool starved = false; /* all connections were busy: who is due waits for the server */

	options(argc, argv);
	conns = calloc((size_t)opt.connections, sizeof(*conns));
	epoll_fd = epoll_create1(0);
	if (conns == NULL || epoll_fd < 0)
		die("memory");
	if (opt.ledger != NULL && (ledger = fopen(opt.ledger, "a")) == NULL)
		die(opt.ledger);
	for (int i = 0; i < opt.connections; i++)
		conn_open(&conns[i]);
	start_us = now_us();
	end_us = start_us + (int64_t)(opt.seconds * 1e6);
	/* After the end: up to 10 s for answers under way. */
	for (;;) {
		struct epoll_event events[256];
		int64_t t = now_us(), wake_us = end_us;
		int n;

		busy = 0;
		for (int i = 0; i < opt.connections; i++) {
			if (!conns[i].busy && t < end_us) {
				int64_t planned_us = t;

				if (opt.rate > 0) {
					planned_us =
					    start_us + (int64_t)((double)next * 1e6 / opt.rate);
					if (planned_us > t) {
						wake_us = planned_us;
						break;
					}
					next++;
				}
				conn_send(&conns[i], starved ? planned_us : now_us());
			}
			busy += conns[i].busy;
		}
		starved = busy == opt.connections;
		if (t >= end_us && busy == 0)
			break;
		if (t > end_us + 10000000)
			break;
		n = wait_until(events, 256, t, wake_us);
		for (int i = 0; i < n; i++)
			conn_read(events[i].data.ptr);
	}
	report(end_us - start_us);
	if (ledger != NULL) {
		fflush(ledger);
		fsync(fileno(ledger));
	}
	return 0;
}

/* To the microsecond: a wait in whole ms would count as the server's latency. */
static int
wait_until(struct epoll_event *events, int max, int64_t t, int64_t wake_us)
{
	int64_t us = wake_us > t ? wake_us - t : 1000;
	struct timespec wait;

	if (us > 1000000)
		us = 1000000;
	wait = (struct timespec){ us / 1000000, us % 1000000 * 1000 };
	return epoll_pwait2(epoll_fd, events, max, &wait, NULL);
}

static void
options(int argc, char **argv)
{
	static const struct option names[] = { { "port", 1, NULL, 'p' }, { "path", 1, NULL, 'u' },
		{ "method", 1, NULL, 'm' }, { "header", 1, NULL, 'h' }, { "body", 1, NULL, 'b' },
		{ "connections", 1, NULL, 'c' }, { "seconds", 1, NULL, 's' },
		{ "rate", 1, NULL, 'r' }, { "ledger", 1, NULL, 'l' }, { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'p':
			opt.port = (int)strtol(optarg, NULL, 10);
			break;
		case 'u':
			opt.path = optarg;
			break;
		case 'm':
			opt.method = optarg;
			break;
		case 'h':
			snprintf(opt.headers + strlen(opt.headers),
			    sizeof(opt.headers) - strlen(opt.headers), "%s\r\n", optarg);
			break;
		case 'b':
			opt.body = optarg;
			break;
		case 'c':
			opt.connections = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			opt.seconds = strtod(optarg, NULL);
			break;
		case 'r':
			opt.rate = strtod(optarg, NULL);
			break;
		case 'l':
			opt.ledger = optarg;
			break;
		default:
			exit(2);
		}
	}
	if (opt.port == 0 || opt.path == NULL || opt.connections < 1 ||
	    opt.connections > CONNECTIONS_MAX) {
		fprintf(stderr, "load: --port and --path are needed; 1 to %d connections\n",
		    CONNECTIONS_MAX);
		exit(2);
	}
}

static void
conn_open(struct conn *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)opt.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	int one = 1;

	c->busy = false;
	c->have = 0;
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		if (c->fd >= 0)
			close(c->fd);
		c->fd = -1;
		return;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
}

static void
conn_send(struct conn *c, int64_t since_us)
{
	static char request[ANSWER_MAX], body[ANSWER_MAX];
	char headers[sizeof(opt.headers) + 256], length[96] = "";
	int n;

	if (c->fd < 0)
		conn_open(c);
	if (c->fd < 0)
		return;
	numbered(headers, sizeof(headers), opt.headers);
	if (strcmp(opt.method, "GET") != 0)
		snprintf(length, sizeof(length),
		    "Content-Type: application/json\r\nContent-Length: %zu\r\n",
		    numbered(body, sizeof(body), opt.body));
	n = snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: localhost:%d\r\n%s%s\r\n%s",
	    opt.method, opt.path, opt.port, headers, length, body);
	if (n < 0 || (size_t)n >= sizeof(request))
		die("the request is too long");
	c->busy = true;
	c->have = 0;
	c->since_us = since_us;
	sent++;
	if (write(c->fd, request, (size_t)n) != n) {
		close(c->fd);
		conn_open(c);
		other++;
	}
}

/* Copies `from` with the number of the request in the place of each {n}; the bytes written. */
static size_t
numbered(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (const char *mark; (mark = strstr(from, "{n}")) != NULL && n < size; from = mark + 3)
		n += (size_t)snprintf(to + n, size - n, "%.*s%zu", (int)(mark - from), from, sent);
	if (n < size)
		n += (size_t)snprintf(to + n, size - n, "%s", from);
	if (n >= size)
		die("a header or the body is too long");
	return n;
}

static void
conn_read(struct conn *c)
{
	ssize_t n = read(c->fd, c->answer + c->have, sizeof(c->answer) - 1 - c->have);
	char *head_end, *length;
	size_t body_n, head_n;

	if (n <= 0) {
		if (c->busy)
			other++;
		close(c->fd);
		conn_open(c);
		return;
	}
	c->have += (size_t)n;
	c->answer[c->have] = '\0';
	head_end = strstr(c->answer, "\r\n\r\n");
	if (head_end == NULL)
		return;
	length = strcasestr(c->answer, "content-length:");
	body_n = length != NULL && length < head_end ? strtoul(length + 15, NULL, 10) : 0;
	head_n = (size_t)(head_end + 4 - c->answer);
	if (head_n + body_n >= sizeof(c->answer))
		die("an answer is too long");
	if (c->have < head_n + body_n)
		return;
	c->busy = false;
	answered(c, (int)strtol(c->answer + 9, NULL, 10), head_end + 4, body_n);
	if (strcasestr(c->answer, "connection: close") != NULL) {
		close(c->fd);
		conn_open(c);
	}
}

static void
answered(struct conn *c, int status, const char *body, size_t n)
{
	const char *id = n > 0 ? strstr(body, "\"run_id\":\"") : NULL;
	int64_t t = now_us();

	if (status < 200 || status > 299) {
		*(status == 429 ? &limited : &other) += 1;
		return;
	}
	ok++;
	if (latency_n == latency_cap) {
		latency_cap = latency_cap ? latency_cap * 2 : 65536;
		latency = realloc(latency, latency_cap * sizeof(*latency));
		if (latency == NULL)
			die("memory");
	}
	latency[latency_n++] = t - c->since_us;
	if (id != NULL && ledger != NULL)
		fprintf(ledger, "%.*s %lld %lld\n", RUN_ID_TEXT, id + 10, (long long)c->since_us,
		    (long long)t);
}

static void
report(int64_t elapsed_us)
{
	qsort(latency, latency_n, sizeof(*latency), by_value);
	printf("sent=%zu ok=%zu limited=%zu other=%zu rate=%.1f", sent, ok, limited, other,
	    (double)ok * 1e6 / (double)elapsed_us);
	if (latency_n > 0)
		printf(" p50_us=%lld p99_us=%lld max_us=%lld", (long long)latency[latency_n / 2],
		    (long long)latency[latency_n * 99 / 100], (long long)latency[latency_n - 1]);
	printf("\n");
}

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}
