// server.mjs: HTTP servers on loopback that the tests call, some of them badly behaved.
import http from 'node:http';
import net from 'node:net';

/* Those not closed yet: a test that failed leaves its own, which would keep the suite from ending. */
const running = new Set();

export const closeAll = () => Promise.all([...running].map((server) => server.close()));

export async function listen(server, host = '127.0.0.1') {
  await new Promise((done) => server.listen(0, host, done));
  return server.address().port;
}

/** An HTTP server of `handle`, with what it saw in .seen and a .url. */
export async function httpServer(handle) {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (c) => chunks.push(c));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      self.seen.push({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: body.toString(),
        from: request.socket.remotePort,
      });
      handle(request, response, body);
    });
  });
  const port = await listen(server);
  const self = {
    seen: [],
    port,
    url: `http://127.0.0.1:${port}`,
    at: `127.0.0.1:${port}`,
    close: () => {
      running.delete(self);
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
  running.add(self);
  return self;
}

/** A TCP server that answers each connection with `talk(socket)`. */
export async function tcpServer(talk) {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    self.accepted++;
    socket.resume(); // else the end of the connection stays unread
    talk(socket);
  });
  const port = await listen(server);
  const self = {
    accepted: 0,
    sockets,
    port,
    url: `http://127.0.0.1:${port}`,
    at: `127.0.0.1:${port}`,
    close: () => {
      running.delete(self);
      for (const s of sockets) s.destroy();
      return new Promise((done) => server.close(done));
    },
  };
  running.add(self);
  return self;
}
