// The package xmlrpc of npm as a subject: it reads, writes and calls.
//
// Install: npm install xmlrpc@1.3.2 (Node 12 or later)
// Run:     NODE_PATH=node_modules xend-harness test -- node adapters/node/xmlrpc.js
process.noDeprecation = true;
process.env.TZ = 'UTC'; // dates are read and written as local time
const { Readable } = require('stream');
const xmlrpc = require('xmlrpc');
const serializer = require('xmlrpc/lib/serializer');
const Deserializer = require('xmlrpc/lib/deserializer');

const HELLO = {
  name: 'Node xmlrpc', version: require('xmlrpc/package.json').version,
  decodes: { xmlrpc: ['spec', 'extended'] }, encodes: { xmlrpc: ['spec', 'extended'] }, calls_over: ['tcp'],
  features: ['nil', 'calls', 'datetime-typed', 'untyped-numbers'], // an i8 is handed out as a string
};

function tagged(value) {
  if (value === null) return { nil: true };
  if (typeof value === 'boolean') return { boolean: value ? '1' : '0' };
  if (typeof value === 'string') return { [/\p{Surrogate}/u.test(value) ? 'odd' : 'string']: value.replace(/\p{Surrogate}/gu, '?') };
  if (Number.isInteger(value)) return { int: Object.is(value, -0) ? '0' : BigInt(value).toString() };
  if (typeof value === 'number') return { double: String(value).replace('Infinity', 'inf').toLowerCase() };
  if (Buffer.isBuffer(value)) return { base64: value.toString('base64') };
  if (Array.isArray(value)) return { array: value.map(tagged) };
  if (value instanceof Date && !isNaN(value)) return { dateTime: value.toISOString().replace(/-|\.000Z|Z/g, '') };
  if (value instanceof Date || typeof value !== 'object') return { odd: String(value) };
  return { struct: Object.entries(value).map(([name, member]) => [name, tagged(member)]) };
}

const NATIVE = {
  nil: () => null, boolean: text => text === '1', int: Number, i8: Number, double: Number, string: text => text,
  dateTime: text => new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T/, '$1-$2-$3T')), base64: text => Buffer.from(text, 'base64'),
  array: items => items.map(native), struct: members => Object.fromEntries(members.map(([name, value]) => [name, native(value)])),
};

function native(value) {
  const [[kind, content]] = Object.entries(value);
  return NATIVE[kind](content);
}

// Turns the callback of a reply into an answer; a fault comes as an error with a code.
const told = (failure, done) => (error, value) => done(() => {
  if (!error) return { values: [{ response: tagged(value) }] };
  if (error.faultCode === undefined && error.faultString === undefined) return { [failure]: error.message };
  return { values: [{ fault: { code: tagged(error.faultCode), string: tagged(error.faultString) } }] };
});

function read(document, done) {
  const stream = Readable.from([document], { objectMode: false });
  if (!document.includes('<methodCall')) return new Deserializer().deserializeMethodResponse(stream, told('reject', done));
  new Deserializer().deserializeMethodCall(stream, (error, method, params) =>
    done(() => error ? { reject: error.message } : { values: [{ call: { method, params: params.map(tagged) } }] }));
}

function write({ call, fault, response }) {
  if (call) return serializer.serializeMethodCall(call.method, call.params.map(native));
  if (fault) return serializer.serializeFault({ faultCode: native(fault.code), faultString: native(fault.string) });
  return serializer.serializeMethodResponse(native(response));
}

function call({ uri, method, params, deadline_ms: timeout }, done) {
  const client = xmlrpc.createClient({ url: uri, timeout });
  client.methodCall(method, params.map(native), told('error', done));
}

require('readline').createInterface({ input: process.stdin }).on('line', line => {
  const ask = JSON.parse(line);
  if (ask.hello) return console.log(JSON.stringify({ hello: HELLO }));
  let open = true; // some callbacks come twice
  const done = answer => {
    let line;
    try {
      line = JSON.stringify({ id: ask.id, ...answer() });
    } catch (error) { // a RangeError: nested too deeply for this adapter
      line = JSON.stringify({ id: ask.id, ...(ask.value ? { unsupported: error.message } : { accept: true }) });
    }
    if (open) console.log(line);
    open = false;
  };
  try {
    if (ask.call) call(ask.call, done);
    else if (ask.value) { const document = Buffer.from(write(ask.value)).toString('base64'); done(() => ({ document })); }
    else read(Buffer.from(ask.input, 'base64'), done);
  } catch (error) {
    done(() => ({ [ask.call ? 'error' : 'reject']: String(error.message || error) }));
  }
});
