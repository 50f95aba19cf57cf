/*
 * nameserver.mjs: the name server on the other end: npm's dns2, by UDP and TCP.
 *
 *   const dns = await startNameserver(port)   without a port: a free one
 *   dns.address                      127.0.0.1:<port>, for MILLRACE_DNS
 *   dns.txt.set('_x.acme.test', ['one', ['a long ', 'one']])   its TXT records; without: the name does not exist
 *   dns.say.set('_x.acme.test', 'fail' | 'silent' | 'truncated')   SERVFAIL, nothing, or only by TCP
 *   dns.asked                        [{name, by: 'udp' | 'tcp'}, …]
 *   await dns.stop()
 */
import { createRequire } from 'node:module';

const DNS = createRequire(import.meta.url)('dns2');
const { Packet } = DNS;

export async function startNameserver(wanted = 0) {
  const dns = { txt: new Map(), say: new Map(), asked: [] };
  const answer = (by) => (request, send) => {
    const [{ name, type }] = request.questions;
    const key = name.toLowerCase();
    const say = dns.say.get(key);
    dns.asked.push({ name: key, by });
    if (say === 'silent') return;
    const response = Packet.createResponseFromRequest(request);
    response.header.ra = 1;
    if (say === 'fail') response.header.rcode = 2;
    else if (say === 'truncated' && by === 'udp') response.header.tc = 1;
    else if (!dns.txt.has(key)) response.header.rcode = 3;
    else if (type === Packet.TYPE.TXT) {
      for (const data of dns.txt.get(key)) response.answers.push({ name, type, class: Packet.CLASS.IN, ttl: 0, data });
    }
    send(response);
  };
  const listen = (server, port) =>
    new Promise((done, failed) => server.once('error', failed).once('listening', () => done(server.address().port)).listen(port, '127.0.0.1'));
  // Both by the same number: another program may have the one by TCP.
  for (let tries = 20; dns.address === undefined; tries--) {
    const udp = DNS.createUDPServer({ type: 'udp4' });
    const tcp = DNS.createTCPServer();
    udp.on('request', answer('udp'));
    tcp.on('request', answer('tcp'));
    const port = await listen(udp, wanted);
    try {
      await listen(tcp, port);
    } catch (error) {
      udp.close();
      if (tries === 0) throw error;
      continue;
    }
    dns.address = `127.0.0.1:${port}`;
    dns.stop = () => Promise.all([new Promise((done) => udp.close(done)), new Promise((done) => tcp.close(done))]);
  }
  return dns;
}
