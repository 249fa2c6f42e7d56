#!/usr/bin/env node
// A web application that answers to nobody but voxbus: whoever else asks gets
// 403.
//
//   KEYS=<token>[,<next token>] node examples/signed/app.mjs
import { createServer } from 'node:http';
import { verify } from './verify.mjs';

const keys = (process.env.KEYS ?? '').split(',').filter(Boolean);
const host = process.env.APP_HOST ?? '127.0.0.1';
const port = Number(process.env.APP_PORT ?? 8090);

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const genuine = verify({
    keys,
    signature: request.headers['x-voxbus-signature'],
    url: request.headers['x-voxbus-signed-url'],
    method: request.method,
    path: request.url,
    body: Buffer.concat(chunks),
  });
  console.log(request.method, request.url.split('?')[0],
    genuine ? 'is signed' : 'is refused');
  if (!genuine) return response.writeHead(403).end();
  response.writeHead(200, { 'Content-Type': 'text/xml; charset=UTF-8' })
    .end('<Response><Reject reason="busy"/></Response>\n');
}).listen(port, host, () =>
  console.log(`the application listens on http://${host}:${port}`));
