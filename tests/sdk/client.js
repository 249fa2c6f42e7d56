// One of the vendors' clients, unmodified, doing what it is told: a line of JSON
// on stdin is a request, a line of JSON on stdout its outcome.
//
//   node client.js twilio http://127.0.0.1:8080 AC... token
//   {"do": "create", "with": {"to": "sip:...", ...}}
//   {"ok": {"sid": "CA...", ...}}          or {"error": {"code": 21217, ...}}
"use strict";

const readline = require("node:readline");

const [, , sdk, base, account, token] = process.argv;

// As the pages of both say, and then the one line for a server of one's own.
const makers = {
  twilio: () => require("twilio")(account, token),
  signalwire: () => {
    const { RestClient } = require("@signalwire/compatibility-api");
    return RestClient(account, token, {
      signalwireSpaceUrl: new URL(base).host,
    });
  },
};

const client = makers[sdk]();
client.api.baseUrl = base;

const requests = {
  create: (ask) => client.calls.create(ask.with),
  fetch: (ask) => client.calls(ask.sid).fetch(),
  update: (ask) => client.calls(ask.sid).update(ask.with),
  list: (ask) => client.calls.list(ask.with),
  record: (ask) =>
    client.calls(ask.sid).recordings(ask.recording).update(ask.with),
  recordings: (ask) => client.calls(ask.sid).recordings.list(),
  account: () => client.api.accounts(account).fetch(),
};

// Dates are told apart from texts: the clients must have understood them.
function plain(value) {
  if (value instanceof Date) return { date: value.toISOString() };
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const copy = {};
  for (const [name, member] of Object.entries(value)) copy[name] = plain(member);
  return copy;
}

function seen(found) {
  if (Array.isArray(found)) return found.map(seen);
  return plain(found.toJSON());
}

async function answer(line) {
  const ask = JSON.parse(line);
  try {
    return { ok: seen(await requests[ask.do](ask)) };
  } catch (error) {
    const { code, status, message, moreInfo } = error;
    return { error: { code, status, message, moreInfo } };
  }
}

async function main() {
  const lines = readline.createInterface({ input: process.stdin });
  for await (const line of lines)
    process.stdout.write(JSON.stringify(await answer(line)) + "\n");
}

main();
