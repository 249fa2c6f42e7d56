// Are the signatures of lib/http what the vendors' own packages verify?
//
//   node check.js <sender> <certificate> <key> <authority> [requests] [seed]
//
// Starts the sender (tests/fakes/sender.c), is the server of every host that it
// is sent to, and lets the packages judge each request as received: as it is,
// and altered. Prints one line of JSON; exit status 1 if a verdict was wrong.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const net = require("node:net");
const querystring = require("node:querystring");
const { spawn } = require("node:child_process");

const twilio = require("twilio");
const { RestClient } = require("@signalwire/compatibility-api");
const { numbers, request } = require("./requests");
const { alterations } = require("./altered");

let stamped; // what customers copy: examples/signed

const [, , sender, certificate, privateKey, authority, count = "10000", seed = "1"] =
  process.argv;
const KEY = "0123456789abcdef0123456789abcdef";
const NEXT_KEY = "fedcba9876543210fedcba9876543210";

const SHOWN = 20;

const wrong = [];
const tally = { requests: 0, verdicts: 0, altered: 0, mistakes: 0 };

// --- the verifiers ---------------------------------------------------------

const isJson = (seen) => seen.text !== null;

// Does the package's middleware let the request through?
function passes(make, headers) {
  return (seen) => {
    let passed = false;
    const [protocol, rest] = seen.url.split(/:\/\/(.*)/s);
    const at = rest.search("/");
    const asked = {
      protocol, originalUrl: rest.slice(at), body: seen.params,
      headers: { host: rest.slice(0, at) },
      rawBody: isJson(seen) ? seen.text : undefined,
      header: (name) => (headers.includes(name) ? seen.signature : undefined),
    };
    const answer = { type: () => answer, status: () => answer, send: () => answer };
    make(seen.key)(asked, answer, () => { passed = true; });
    return passed;
  };
}

// As their pages show them.
const verifiers = {
  "twilio": (seen) => (isJson(seen)
    ? twilio.validateRequestWithBody(seen.key, seen.signature, seen.url, seen.text)
    : twilio.validateRequest(seen.key, seen.signature, seen.url, seen.params)),
  "signalwire": (seen) => (isJson(seen)
    ? RestClient.validateRequestWithBody(seen.key, seen.signature, seen.url, seen.text)
    : RestClient.validateRequest(seen.key, seen.signature, seen.url, seen.params)),
};
const middlewares = {
  "twilio's middleware": passes((key) => twilio.webhook({}, key),
    ["X-Twilio-Signature"]),
  "signalwire's middleware": passes((key) => RestClient.webhook(key),
    ["X-SignalWire-Signature"]),
};

// The middlewares put the URL together again, and make every %3F of a URL that
// has a query a question mark: with such a URL they need their option 'url'.
function needsOption(seen, wanted) {
  return wanted.url.includes("%3F") && seen.url.includes("?");
}

// A URL that is none is refused by an exception.
function refuses(accepts, seen) {
  try {
    return !accepts(seen);
  } catch (error) {
    return error.code === "ERR_INVALID_URL";
  }
}

// X-Voxbus-Signature: by either key, and none of what was altered.
function verifyStamp(seen, wanted, random) {
  const { stamp, method, raw } = seen;
  const path = stamp.url.replace(/^https?:\/\/[^/]*/, "");
  const good = { keys: [KEY], signature: stamp.signature, url: stamp.url, method, path, body: raw };
  const bad = {
    "another key": { keys: ["z"] },
    "no key": { keys: [] },
    "another method": { method: "PUT" },
    "another body": { body: `${raw}z` },
    "another URL": { url: `${stamp.url}z`, path: `${path}z` },
    "another path": { path: `${path}z` },
    "another host": { url: stamp.url.replace("://", "://z") },
    "its age": { now: Date.now() / 1000 + 301 },
    "its youth": { now: Date.now() / 1000 - 400 },
    "its end cut off": { signature: stamp.signature.replaceAll(/.(?=,|$)/g, "") },
    "no signature": { signature: undefined },
    "a part of it": { signature: stamp.signature.split(",")[random() < 0.5 ? 0 : 2] },
  };
  tally.verdicts += 2;
  if (path !== seen.url.slice(seen.url.indexOf("/", 8)))
    fail(seen, wanted, "the signed URL is not the one that was asked for");
  if (!stamped(good) || !stamped({ ...good, keys: [NEXT_KEY] }))
    fail(seen, wanted, "the example refuses it");
  for (const [what, change] of Object.entries(bad)) {
    tally.verdicts++;
    tally.altered++;
    if (stamped({ ...good, ...change })) fail(seen, wanted, `the example accepts ${what}`);
  }
}

// --- one request --------------------------------------------------------------

function fail(seen, wanted, what) {
  tally.mistakes++;
  if (wrong.length < SHOWN)
    wrong.push({ what, wanted: wanted.url, method: wanted.method, ...seen });
}

function verify(seen, wanted, random) {
  const judges = needsOption(seen, wanted) ? verifiers : { ...verifiers, ...middlewares };
  for (const [name, accepts] of Object.entries(judges)) {
    tally.verdicts++;
    if (!accepts(seen)) fail(seen, wanted, `${name} refuses it`);
  }
  for (const [at, [what, alter]] of Object.entries(alterations).entries()) {
    // A third of them each: every one of them for thousands of requests.
    const altered = (at + wanted.number) % 3 ? null : alter(seen, random);
    if (!altered) continue;
    tally.altered++;
    for (const [name, accepts] of Object.entries(verifiers)) {
      tally.verdicts++;
      if (!refuses(accepts, altered)) fail(altered, wanted, `${name} accepts it in spite of ${what}`);
    }
  }
}

// What was sent is what was asked for: a name's values in any order, each once.
function compare(seen, wanted) {
  const asked = Object.create(null);
  for (const [name, value] of wanted.params) (asked[name] ??= new Set()).add(value);
  const query = querystring.parse(seen.url.split(/\?(.*)/s)[1] || "");
  const from = wanted.method === "GET" ? query : seen.params;
  for (const [name, values] of Object.entries(asked)) {
    const got = new Set([from[name]].flat());
    const whole = wanted.method === "GET" || got.size === values.size;
    if (!whole || ![...values].every((value) => got.has(value)))
      return fail(seen, wanted, `parameter ${name} did not arrive`);
  }
  if (wanted.method === "JSON" && seen.text !== wanted.body)
    fail(seen, wanted, "the body did not arrive");
}

const left = new Set();

function receive(asked, body) {
  const number = Number(asked.headers["x-number"]);
  const wanted = request(number, Number(seed));
  const type = asked.headers["content-type"] || "";
  const seen = {
    url: `${asked.socket.encrypted ? "https" : "http"}://${asked.headers.host}${asked.url}`,
    params: { ...(type.startsWith("application/x-www-form-urlencoded")
      ? querystring.parse(body, "&", "=", { maxKeys: 1000 }) : {}) },
    text: type.startsWith("application/json") ? body : null,
    key: KEY,
    signature: asked.headers["x-twilio-signature"] || "",
    stamp: { signature: asked.headers["x-voxbus-signature"] || "",
      url: asked.headers["x-voxbus-signed-url"] || "" },
    method: asked.method,
    raw: body,
  };
  tally.requests++;
  if (!left.delete(number)) fail(seen, wanted, "it came twice");
  if (asked.headers["x-signalwire-signature"] !== seen.signature)
    fail(seen, wanted, "the two headers differ");
  compare(seen, wanted);
  verifyStamp(seen, wanted, numbers(number));
  verify(seen, wanted, numbers(number));
}

// --- the server of all hosts --------------------------------------------------

function answer(asked, to) {
  const pieces = [];
  asked.on("data", (piece) => pieces.push(piece));
  asked.on("end", () => {
    receive(asked, Buffer.concat(pieces).toString());
    to.writeHead(200, { "Content-Type": "text/plain" }).end("ok");
  });
}

const plain = http.createServer(answer);
const secure = https.createServer({
  cert: fs.readFileSync(certificate), key: fs.readFileSync(privateKey) }, answer);
plain.keepAliveTimeout = secure.keepAliveTimeout = 60000;

// A TLS handshake begins with 22, a request with a letter.
const server = net.createServer((socket) => {
  socket.once("data", (first) => {
    socket.pause();
    socket.unshift(first);
    (first[0] === 22 ? secure : plain).emit("connection", socket);
    process.nextTick(() => socket.resume());
  });
  socket.on("error", () => {});
});

function fields({ number, method, url, body, params }) {
  return [number, method, url, body, params.length, ...params.flat()]
    .map((field) => `${field}\0`).join("");
}

server.listen(0, "127.0.0.1", async () => {
  ({ verify: stamped } = await import("../../examples/signed/verify.mjs"));
  const began = Date.now();
  const child = spawn(sender, { stdio: ["pipe", "pipe", "inherit"], env: {
    ...process.env, SENDER_PORT: server.address().port, SENDER_CA: authority,
    SIGNING_KEY: KEY, SECOND_KEY: NEXT_KEY } });
  let said = "";
  child.stdout.on("data", (text) => { said += text; });
  child.on("close", (status) => {
    const lines = said.split("\n").filter(Boolean);
    for (const line of lines.slice(0, SHOWN))
      wrong.push({ what: line, ...request(Number(line.split(/[ :]/)[1]), Number(seed)) });
    tally.mistakes += lines.length;
    if (status) wrong.push({ what: `the sender left with ${status}` });
    if (left.size) wrong.push({ what: `${left.size} never came` });
    console.log(JSON.stringify({ ...tally, ms: Date.now() - began, wrong }));
    process.exit(wrong.length ? 1 : 0);
  });
  for (let number = 0; number < Number(count); number++) {
    left.add(number);
    child.stdin.write(fields(request(number, Number(seed))));
  }
  child.stdin.end();
});
