#!/usr/bin/env node
// The same application as app.py, with nothing but Node's standard library.
//
//   CALLEE='sip:alice@192.0.2.7;transport=udp' node examples/dial-sip/app.mjs
import { createServer } from 'node:http';

const callee = process.env.CALLEE ?? 'sip:callee@127.0.0.1:5070;transport=udp';
const host = process.env.APP_HOST ?? '127.0.0.1';
const port = Number(process.env.APP_PORT ?? 8090);
const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

const pages = {
  '/voice': () => `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Dial timeout="20" action="/after">
    <Sip statusCallback="/events"
         statusCallbackEvent="initiated ringing answered completed">
      ${escape(callee)}
    </Sip>
  </Dial>
</Response>
`,
  '/after': () => '<Response><Hangup/></Response>\n',
  '/events': () => '',
};

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = new URL(request.url, `http://${host}`);
  const asked = new URLSearchParams(Buffer.concat(chunks).toString());
  for (const [name, value] of url.searchParams) asked.set(name, value);
  console.log(request.method, url.pathname,
    ['CallSid', 'CallStatus', 'SequenceNumber', 'DialCallStatus']
      .filter((name) => asked.has(name))
      .map((name) => `${name}=${asked.get(name)}`).join(' '));
  const page = pages[url.pathname];
  if (!page) return response.writeHead(404).end();
  const body = page();
  if (!body) return response.writeHead(204).end();
  response.writeHead(200, { 'Content-Type': 'text/xml; charset=UTF-8' }).end(body);
}).listen(port, host, () =>
  console.log(`the application listens on http://${host}:${port}`));
