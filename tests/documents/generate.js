#!/usr/bin/env node
/*
 * generate.js - everything that the VoiceResponse builders of npm's `twilio` and
 * `@signalwire/compatibility-api` can emit, as documents of twilio/ and
 * signalwire/: their type declarations are walked, each element is made by the
 * builder itself, with each of its attributes, and each word of those with a
 * closed set. Run it where both packages are installed:
 *
 *     npm install twilio @signalwire/compatibility-api
 *     NODE_PATH=node_modules node .../tests/documents/generate.js
 */
const fs = require('fs');
const path = require('path');

/* Values of one attribute: all of what Dial knows, some of the voices. */
const WORDS_MAX = 60, WORDS_OF_MANY = 2;

const SDKS = {
	twilio: {
		types: 'twilio/lib/twiml/VoiceResponse.d.ts',
		make: () => new (require('twilio').twiml.VoiceResponse)(),
	},
	signalwire: {
		types: '@signalwire/compatibility-api/lib/twiml/VoiceResponse.d.ts',
		make: () => new (require('@signalwire/compatibility-api')
			.RestClient.LaML.VoiceResponse)(),
		more: {sip: {codecs: 'string', sessionTimeout: 'number'},
			dial: {callerName: 'string'}},
	},
};

/* A file of a package, exported or not. */
function find(file) {
	return (process.env.NODE_PATH || 'node_modules').split(path.delimiter)
		.map((folder) => path.join(folder, file)).find(fs.existsSync);
}

/* Classes with their methods, interfaces with their fields, named sets. */
function read(file) {
	const text = fs.readFileSync(find(file), 'utf8')
		.replace(/\/\*[\s\S]*?\*\//g, '');
	const found = {classes: {}, interfaces: {}, sets: {}};
	let at = null, fields = null;
	for (const line of text.split('\n')) {
		let m;
		if ((m = /^\s*(?:export )?type (\w+) = (.*?);?\s*$/.exec(line)))
			found.sets[m[1]] = [...m[2].matchAll(/["']([^"']*)["']/g)]
				.map((word) => word[1]);
		else if ((m = /(?:class) (\w+)/.exec(line)))
			at = found.classes[m[1]] ||= Object.create(null), fields = null;
		else if ((m = /interface (\w+)/.exec(line)))
			fields = found.interfaces[m[1]] ||= {}, at = null;
		else if (fields && (m = /^\s*["']?([\w.:-]+)["']?\?: (.*);$/.exec(line)))
			fields[m[1]] = m[2];
		else if (at && (m = /^\s*(\w+)\((.*)\): (?:VoiceResponse\.)?(\w+);/
			.exec(line)))
			method(at, m[1], m[2], m[3]);
	}
	return found;
}

function method(methods, name, parameters, result) {
	if (name === 'constructor' || /comment/i.test(name) || name === 'addText')
		return;
	const known = methods[name];
	const list = parameters.split(',').map((one) => one.trim()).filter(Boolean);
	if (!known || known.parameters.length < list.length)
		methods[name] = {name, parameters: list, result};
}

function value(type, name, sets) {
	const plain = type.replace(/VoiceResponse\.|\[\]/g, '');
	const words = sets[plain];
	if (words && words.length)
		return words.slice(0, words.length > WORDS_MAX ?
			WORDS_OF_MANY : WORDS_MAX);
	if (plain === 'number')
		return [7];
	if (plain === 'boolean')
		return [true, false];
	if (/url$|action|callback$/i.test(name))
		return ['https://app.example.com/' + name + '?a=1&b=2'];
	if (/method/i.test(name))
		return ['GET', 'POST'];
	return [name === 'codecs' ? 'PCMU,PCMA' : name + ' "<é>" & \'more\''];
}

function text(parameter) {
	return /url/i.test(parameter) ?
		/sip/i.test(parameter) ? 'sip:bob@example.com;transport=udp?X-a=1&X-b=2' :
			'https://app.example.com/next?a=1&b=2' : 'text & <more> "é"';
}

/* The element with all attributes, then once for each further word. */
function* variants(sdk, found, one) {
	const which = /Attributes/.exec(one.parameters[0] || '') ?
		found.interfaces[/(\w+Attributes)/.exec(one.parameters[0])[1]] : null;
	const fields = {...which, ...(sdk.more || {})[one.name]};
	const all = {};
	for (const [name, type] of Object.entries(fields))
		all[name] = value(type, name, found.sets);
	const texts = one.parameters.filter((p) => !/^attributes/.test(p)).map(text);
	const attributes = /^attributes/.test(one.parameters[0] || '');
	const first = {};
	for (const name in all)
		first[name] = all[name][0];
	yield attributes ? [first, ...texts] : texts;
	for (const name in all)
		for (const word of all[name].slice(1))
			yield [{[name]: word}, ...texts];
}

/* A class, and the calls that lead from the response to one of its objects. */
function* walk(found) {
	const seen = new Set(['VoiceResponse']);
	const queue = [['VoiceResponse', []]];
	while (queue.length) {
		const [name, calls] = queue.shift();
		yield [name, calls];
		for (const one of Object.values(found.classes[name] || {})) {
			if (seen.has(one.result))
				continue;
			seen.add(one.result);
			queue.push([one.result, [...calls, one]]);
		}
	}
}

function reach(sdk, found, response, calls) {
	let at = response;
	for (const one of calls)
		at = at[one.name](...variants(sdk, found, one).next().value);
	return at;
}

/* Some of the builders' methods fail, whatever they are given. */
function emit(at, one, list) {
	try {
		at[one.name](...list);
	} catch (error) {
		if (!(error instanceof TypeError))
			throw error;
	}
}

/* One document for each verb of the response, whatever can be inside it. */
function documents(sdk, found) {
	const responses = {};
	for (const [name, calls] of walk(found)) {
		for (const one of Object.values(found.classes[name] || {})) {
			const verb = (calls[0] || one).name;
			const response = responses[verb] ||= sdk.make();
			const at = reach(sdk, found, response, calls);
			if (typeof at[one.name] !== 'function')
				continue;
			for (const list of variants(sdk, found, one))
				emit(at, one, list);
		}
	}
	return responses;
}

for (const [folder, sdk] of Object.entries(SDKS)) {
	const to = path.join(__dirname, folder);
	const made = documents(sdk, read(sdk.types));
	fs.rmSync(to, {recursive: true, force: true});
	fs.mkdirSync(to);
	for (const [verb, response] of Object.entries(made))
		fs.writeFileSync(path.join(to, verb + '.xml'),
			response.toString() + '\n');
}
