/* nginx.mjs: the edge before millrace-web, as the suites need it: plain HTTP on a port of its own, the rules of conf/. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './stack.mjs';
import { until } from './until.mjs';

const PROXY = `
        proxy_http_version 1.1;
        proxy_set_header Connection $up_conn; proxy_set_header Upgrade $http_upgrade; proxy_set_header Host $proxy_host;
        proxy_set_header Expect ""; proxy_set_header TE ""; proxy_set_header X-Forwarded-For $remote_addr;`;

function config(folder, port, upstream) {
  return `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  map $http_upgrade $up_conn { default close; websocket upgrade; }
  map $request_method $has_body { default 0; POST 1; PUT 1; PATCH 1; }
  map "$has_body:$http_content_length" $stray_body { default 0; "~^0:0*[1-9]" 1; }
  map "$has_body:$http_transfer_encoding" $stray_te { default 0; "~^0:." 1; }
  server {
    listen 127.0.0.1:${port} default_server;
    client_max_body_size 1m; client_header_timeout 10s; client_body_timeout 15s; large_client_header_buffers 4 8k;
    location / {
        if ($request_method !~ ^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$) { return 405; }
        if ($stray_body) { return 400; }
        if ($stray_te) { return 400; }
        proxy_pass ${upstream};${PROXY}
        proxy_request_buffering on; proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k; proxy_read_timeout 15s;
    }
    location ~ ^/(ws$|stream/) { proxy_pass ${upstream};${PROXY} proxy_buffering off; proxy_read_timeout 75s; }
  }
}
`;
}

/* {url, stop()} */
export async function startNginx(upstream) {
  const folder = mkdtempSync(join(tmpdir(), 'mr-nginx-'));
  const port = await freePort();
  writeFileSync(join(folder, 'conf'), config(folder, port, upstream));
  const child = spawn('nginx', ['-c', join(folder, 'conf'), '-e', join(folder, 'error.log')], { stdio: 'ignore' });
  let ended = false;
  child.on('exit', () => {
    ended = true;
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGTERM');
    await until('nginx has ended', () => ended);
    rmSync(folder, { recursive: true, force: true });
  };
  await until('nginx answers', async () => (await fetch(`${url}/healthz`)).ok, { ms: 5000 });
  return { url, stop };
}
