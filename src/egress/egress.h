/*
 * egress.h: the wire format of millrace-egress, the one process that dials out.
 *
 * A client connects to $MILLRACE_EGRESS_SOCK (a unix stream socket; the worker's user is served,
 * and web's for op http as the installation, EGRESS_INSTALLATION) and sends frames of core/frame.h.
 * Requests are answered in the order they end.
 *
 *   -> {"op":"http", "id":<integer or text of the client's>, "workspace":"<uuid>",
 *       "run":"<uuid>"?,                      for the log only
 *       "allow":["10.1.0.0/16:443", …]?,      what the workspace lists, cut by the ceiling file
 *       "hosts":["api.example.com", …]?,      the only hosts that it calls (host.h)
 *       "proxy":"http://<host>:<port>"?,      the workspace's; else the installation's, if any
 *       "proxy_user"?, "proxy_password"?,     for that proxy alone, both or none
 *       "method":"POST", "url":"https://…",
 *       "headers":[["Name","value"], …]?,     order and repetition are kept
 *       "timeout_ms":30000?,                  all of it, redirects included
 *       "connect_timeout_ms":10000?, "max_bytes":10485760?, "follow":5?}   + body
 *   <- {"id", "status":200, "headers":[["name","value"], …], "url":"<the last one>",
 *       "dialled":[{"address","port","bytes_in","bytes_out","rule",
 *                   "proxy"?:"<address>"}, …], "time_ms":12}   + body
 *   <- {"id", "error":{"code":"TIMEOUT", "message":"…"}, "dialled":[…], "time_ms":12}
 *
 *   -> {"op":"mail", "id", "from":"<address>", "to":"<address>", "timeout_ms"?}   + the message,
 *       to the installation's mail server, whichever MILLRACE_SMTP_URL names (mail.h)
 *   <- {"id", "status":250, "message":"<the server's last line>", "time_ms"}, any status of SMTP;
 *      or an error as above, when there was no reply that decides
 *
 *   -> {"op":"txt", "id", "name":"_x.example.com", "timeout_ms"?}   TXT records (txt.h)
 *   <- {"id", "status":200, "time_ms"}   + each record's bytes and a NUL; 404: there are none;
 *      or an error as above, when no name server could tell
 *
 *   -> {"op":"cancel", "id"}   its answer is the error CANCELLED, unless another was under way
 *
 * The body of an answer is decoded (gzip, deflate, br, zstd as libcurl can); the headers are as
 * the server sent them, names in lower case. An `id` in use, an unknown `op` or a frame of the
 * wrong shape is answered by PROTOCOL; a frame without an id ends the connection.
 *
 * An entry of `allow` is <address>[/<bits>][:<port>], IPv6 in brackets: [fd00::/8]:443.
 */
#ifndef MR_EGRESS_EGRESS_H
#define MR_EGRESS_EGRESS_H

/* The workspace of what nobody's workspace asks: signing in by other servers. */
#define EGRESS_INSTALLATION "00000000-0000-0000-0000-000000000000"

#define EGRESS_BODY_MAX 10485760 /* 10 MiB: greatest and usual max_bytes; also of the request */
#define EGRESS_HEADERS_MAX 65536 /* 64 KiB: bytes of a response's headers, names included */
#define EGRESS_FOLLOW_MAX 5
#define EGRESS_TIMEOUT_MS 30000 /* when the request names none */
#define EGRESS_TIMEOUT_MAX_MS 900000
#define EGRESS_CONNECT_MS 10000
#define EGRESS_ALLOW_MAX 100 /* entries of `allow` */
#define EGRESS_HOSTS_MAX 500

/* error.code */
#define EGRESS_TIMEOUT "TIMEOUT"     /* timeout_ms is over, or the sender drips */
#define EGRESS_CONNECT "CONNECT"     /* nobody answers there */
#define EGRESS_DNS "DNS"             /* the name has no address */
#define EGRESS_TLS "TLS"             /* certificate or handshake */
#define EGRESS_DENIED "DENIED"       /* the rules forbid this address, port or URL; or a proxy us */
#define EGRESS_TOO_LARGE "TOO_LARGE" /* body or headers are over the limit */
#define EGRESS_REDIRECT "REDIRECT"   /* too many, to http from https, or to no URL */
#define EGRESS_PROTOCOL "PROTOCOL"   /* not HTTP, lost half-way, or not sendable as it is */
#define EGRESS_CANCELLED "CANCELLED"

#endif
