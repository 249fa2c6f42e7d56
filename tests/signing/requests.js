// Requests that are hard to sign: request(number, seed) is a pure function.
"use strict";

// A stream of numbers in [0, 1), the same for the same seed.
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

// As customers write them; and what the certificate of the test is for.
const HOSTS = [
  ["app.example.com", "DNS:app.example.com"],
  ["APP.Example.COM", null],
  ["a-b.co.uk", "DNS:a-b.co.uk"],
  ["very.deep.sub.domain.of.example.org", "DNS:very.deep.sub.domain.of.example.org"],
  ["xn--bcher-kva.example", "DNS:xn--bcher-kva.example"],
  ["bücher.example", null],
  ["日本語.example", "DNS:xn--wgv71a119e.example"],
  ["example.com.", "DNS:example.com"],
  ["under_score.example", "DNS:under_score.example"],
  ["ex%61mple.net", "DNS:example.net"],
  ["203.0.113.9", "IP:203.0.113.9"],
  ["[2001:db8::1]", "IP:2001:db8::1"],
  ["[2001:DB8:0:0::2]", "IP:2001:db8::2"],
  ["localhost", "DNS:localhost"],
];
const PORTS = ["", "", "", ":80", ":443", ":8080", ":8443", ":1", ":65535", ":"];
const USERS = ["", "", "", "", "user@", "user:secret@", "u%40x:p%3Aw@", ":only@"];
const PIECES = [
  "voice", "Voice", "a", "A", "%20", "%2F", "%2f", "%41", "~", "-._", "ü", "日本",
  "😀", "+", "!$&'()*", ",;=:@", "%C3%BC", "%E0%A4%A", "%", "%zz", "..", ".",
  "a b", "[x]", "{y}", "|", "^", "`", '"', "<>", "\\", "", "index.php", "v1.0",
  "%2e%2e", "%00", "//",
];
const NAMES = [
  "a", "A", "b", "B", "aa", "aA", "x[]", "x[0]", "CallSid", "callsid", "q", "Q",
  "name", "né", "名", "", "a.b", "a-b", "a b", "_", "%61", "To",
];
const VALUES = [
  "", "1", "a", "A", "a+b", "%3F", "a%20b", "a b", "%2B", "%2b", "?", "??a=b", "ü", "日本",
  "😀", "'", '"', "!*()'", "=", "==", "a=b", "%26", "/", "//", ":", "@", "%", "%zz",
  ";", ",", "<>", "\\", "{}", "|", "%0D%0A", "%E0%A4%A", "http://x/y?z", "~",
];
const PARAMS = [
  "CallSid", "AccountSid", "From", "To", "CallStatus", "ApiVersion", "Direction",
  "a", "A", "b", "B", "aa", "aA", "Aa", "AA", "callsid", "CALLSID", "Digits",
  "DialSipHeader_X-Tea", "SipHeader_X-a", "StatusCallbackEvent", "_", "a.b", "z",
  "né", "名前", "ｆ", "😀", "a b", "a&b=c", "a+b", "10", "9", "toString",
];
const CONTENTS = [
  "", " ", "a", "A", "ü", "日本語", "😀", "ﬀ", "a+b", "a b", "a&b=c", "100%", "%41",
  "sip:bob@example.com?X-Tea=a&X-Milk=b", "+15550001111", "line\r\nbreak", "\t",
  "'\"<>", "in-progress", "ringing", "answered", "completed", "\\", "{}[]", "~!*()",
  "https://other.example/?a=%3F#b", "é", "e\u0301", "\u{10ffff}", "\uffff",
  "x".repeat(300),
];

function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}

function many(random, most, one) {
  const count = Math.floor(random() * random() * (most + 1));
  return Array.from({ length: count }, one);
}

function path(random) {
  if (random() < 0.15) return "";
  return "/" + many(random, 6, () => pick(random, PIECES)).join("/");
}

function query(random) {
  if (random() < 0.4) return "";
  return "?" + many(random, 6, () => {
    const name = pick(random, NAMES);
    return random() < 0.2 ? name : `${name}=${pick(random, VALUES)}`;
  }).join(random() < 0.95 ? "&" : "&&");
}

function fragment(random) {
  return random() < 0.2 ? pick(random, ["#", "#rc=2&ct=500", "#a?b", "#ü"]) : "";
}

// Names that come twice, and names that differ in the case of letters only.
function params(random) {
  const found = many(random, 14, () => [pick(random, PARAMS), pick(random, CONTENTS)]);
  for (const [name] of found.slice(0, 2)) {
    if (random() < 0.3) found.push([name, pick(random, CONTENTS)]);
    if (random() < 0.3) found.push([name.toUpperCase(), pick(random, CONTENTS)]);
  }
  return found;
}

function json(random) {
  const members = Object.fromEntries(params(random));
  return JSON.stringify(members, null, random() < 0.5 ? 0 : 1);
}

function request(number, seed) {
  const random = numbers(Math.imul(seed, 1000003) + number);
  const method = pick(random, ["GET", "POST", "POST", "JSON"]);
  return {
    number, method,
    url: pick(random, ["http", "https", "HTTP", "https"]) + "://" +
      pick(random, USERS) + pick(random, HOSTS)[0] + pick(random, PORTS) +
      path(random) + query(random) + fragment(random),
    body: method === "JSON" ? json(random) : "",
    params: method === "JSON" ? [] : params(random),
  };
}

module.exports = { HOSTS, numbers, pick, request };
