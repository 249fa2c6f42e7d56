// What somebody may have done to a request on its way: each alteration is a
// function of what was received that returns it changed, or null where there is
// nothing to change.
"use strict";

const { pick } = require("./requests");

// Another letter: none that a verifier may take for the same.
function otherByte(text, at) {
  return text.slice(0, at) + (text[at] === "z" ? "q" : "z") + text.slice(at + 1);
}

function urlWith(seen, random, from, to) {
  if (to <= from) return null;
  const at = from + Math.floor(random() * (to - from));
  return { ...seen, url: otherByte(seen.url, at) };
}

// [name, value, place among its name's values] of each parameter.
function entries(body) {
  return Object.entries(body).flatMap(([name, value]) =>
    [value].flat().map((one, at) => [name, one, at]));
}

function withParam(seen, change) {
  const body = Object.fromEntries(Object.entries(seen.params));
  change(body);
  return { ...seen, params: body };
}

function some(seen, random) {
  const found = entries(seen.params);
  return found.length ? pick(random, found) : null;
}

const alterations = {
  "one byte of the host": (seen, random) => {
    const begin = seen.url.indexOf("//") + 2;
    const length = seen.url.slice(begin).search(/[:/.\]]/);
    if (seen.url[begin] === "[" || /\d/.test(seen.url[begin])) return null;
    return urlWith(seen, random, begin, begin + length);
  },
  "one byte of path or query": (seen, random) =>
    urlWith(seen, random, seen.url.indexOf("/", seen.url.indexOf("//") + 2) + 1,
      seen.url.length),
  "a byte more": (seen) => ({ ...seen, url: `${seen.url}z` }),
  "another scheme": (seen) => ({
    ...seen, url: seen.url.replace(/^https?/, (it) => (it === "http" ? "https" : "http")) }),
  "a parameter's value": (seen, random) => {
    const one = some(seen, random);
    return one && withParam(seen, (body) => {
      const [name, value, at] = one;
      if (Array.isArray(body[name]))
        body[name] = body[name].with(at, `${value}z`);
      else body[name] = `${value}z`;
    });
  },
  "a parameter's name": (seen, random) => {
    const one = some(seen, random);
    return one && withParam(seen, (body) => {
      const value = body[one[0]];
      delete body[one[0]];
      body[`z${one[0]}`] = value;
    });
  },
  "a parameter less": (seen, random) => {
    const one = some(seen, random);
    // Without name and value there is nothing that could be missed.
    return one && one[0] + [seen.params[one[0]]].flat().join("") !== ""
      ? withParam(seen, (body) => { delete body[one[0]]; }) : null;
  },
  "a parameter more": (seen) => (seen.text !== null ? null
    : withParam(seen, (body) => { body.zz = "1"; })),
  "a parameter twice, with another value": (seen, random) => {
    const one = some(seen, random);
    return one && withParam(seen, (body) => {
      body[one[0]] = [body[one[0]], `${one[1]}z`].flat();
    });
  },
  "two parameters' values in each other's place": (seen) => {
    const names = Object.keys(seen.params).filter(
      (name) => !Array.isArray(seen.params[name])).sort();
    for (let i = 1; i < names.length; i++) {
      const [a, b] = [names[i - 1], names[i]];
      const [left, right] = [seen.params[a], seen.params[b]];
      // "a" + "" + "b" + "b" is "a" + "b" + "b" + "": the algorithm's own.
      if (a + left + b + right === a + right + b + left || i - 1 === 0 && !a)
        continue;
      return withParam(seen, (body) => {
        body[a] = right;
        body[b] = left;
      });
    }
    return null;
  },
  "the body": (seen) => (seen.text === null ? null : { ...seen, text: `${seen.text} ` }),
  "the key": (seen) => ({ ...seen, key: `${seen.key.slice(0, -1)}X` }),
  "one character of the signature": (seen, random) => {
    // The last one before "=" has bits that mean nothing.
    const at = Math.floor(random() * 26);
    return { ...seen, signature: otherByte(seen.signature, at) };
  },
  "no signature": (seen) => ({ ...seen, signature: "" }),
};

module.exports = { alterations };
