// The package davexmlrpc of npm as a subject: it writes and calls. Its reader is not public, so that documents to read
// are the replies of a server of this adapter.
//
// Install: npm install davexmlrpc@0.4.26 (Node 18 or later)
// Run:     NODE_PATH=node_modules xend-harness test -- node adapters/node/davexmlrpc.js
process.noDeprecation = true;
const write = console.log.bind(console);
console.log = console.error; // the library logs to standard output, which is for answers
const http = require('http');
const davexmlrpc = require('davexmlrpc');

const HELLO = {
  name: 'Node davexmlrpc', version: require('davexmlrpc/package.json').version,
  decodes: { xmlrpc: ['spec'] }, encodes: { xmlrpc: ['spec'] }, calls_over: ['tcp'],
  features: ['datetime-typed', 'untyped-numbers', 'untyped-base64'],
};

function tagged(value) {
  if (value === null || value === undefined) return { nil: true };
  if (typeof value === 'boolean') return { boolean: value ? '1' : '0' };
  if (typeof value === 'string') return { [/\p{Surrogate}/u.test(value) ? 'odd' : 'string']: value.replace(/\p{Surrogate}/gu, '?') };
  if (Number.isInteger(value)) return { int: Object.is(value, -0) ? '0' : BigInt(value).toString() };
  if (typeof value === 'number') return { double: String(value).replace('Infinity', 'inf').toLowerCase() };
  if (Array.isArray(value)) return { array: value.map(tagged) };
  if (value instanceof Date && !isNaN(value)) return { dateTime: value.toISOString().replace(/-|\.000Z|Z/g, '') };
  if (value instanceof Date || typeof value !== 'object') return { odd: String(value) };
  return { struct: Object.entries(value).map(([name, member]) => [name, tagged(member)]) };
}

const NATIVE = {
  boolean: text => text === '1', int: Number, double: Number, string: text => text, base64: text => Buffer.from(text, 'base64'),
  dateTime: text => new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(.*)$/, '$1-$2-$3T$4Z')),
  array: items => items.map(native), struct: members => Object.fromEntries(members.map(([name, value]) => [name, native(value)])),
};

function native(value) {
  const [[kind, content]] = Object.entries(value);
  if (!NATIVE[kind]) throw { unsupported: `there is no ${kind}` };
  return NATIVE[kind](content);
}

function encode({ call, fault, response }) {
  if (call) return davexmlrpc.buildCall(call.method, call.params.map(native));
  return fault ? davexmlrpc.getFaultText({ message: native(fault.string) }) : davexmlrpc.getReturnText(native(response));
}

let document, failed; // what the server of this adapter replies; who is told of what the library throws
const server = http.createServer((request, response) => request.resume().on('end', () => response.end(document)));
process.on('uncaughtException', error => failed && failed(error));

function call(uri, method, params, failure, done) {
  failed = error => done({ [failure]: error.message });
  davexmlrpc.client(uri, method, params.map(native), 'xml', (error, value) => {
    if (!error) done({ values: [{ response: tagged(value) }] });
    else if ('faultCode' in error) done({ values: [{ fault: { code: tagged(error.faultCode), string: tagged(error.faultString) } }] });
    else done({ [failure]: String(error.message) });
  });
}

server.listen(0, '127.0.0.1', () => require('readline').createInterface({ input: process.stdin }).on('line', line => {
  const ask = JSON.parse(line);
  if (ask.hello) return write(JSON.stringify({ hello: HELLO }));
  let open = true; // some callbacks come twice
  const done = answer => { if (open) write(JSON.stringify({ id: ask.id, ...answer })); open = false; };
  try {
    if (ask.call) call(ask.call.uri, ask.call.method, ask.call.params, 'error', done);
    else if (ask.value && ask.value.fault && ask.value.fault.code.int !== '1') done({ unsupported: 'the code of a fault is always 1' });
    else if (ask.value) done({ document: Buffer.from(encode(ask.value)).toString('base64') });
    else call(`http://127.0.0.1:${server.address().port}/`, 'm', [], 'reject', done, document = Buffer.from(ask.input, 'base64'));
  } catch (error) {
    done(error.unsupported ? error : { [ask.call ? 'error' : 'reject']: String(error.message) });
  }
}).on('close', () => process.exit()));
