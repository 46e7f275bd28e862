# xmlrpc for Ruby as a subject: it reads, writes and calls.
#
# Install: apt-get install ruby ruby-xmlrpc (0.3.2), or gem install xmlrpc
# Run:     xend-harness test -- ruby adapters/ruby/xmlrpc.rb
require 'base64'
require 'json'
require 'xmlrpc'
require 'xmlrpc/client'

$stdout.sync = true
HELLO = {
  name: 'Ruby xmlrpc', version: XMLRPC::VERSION, calls_over: ['tcp'],
  decodes: { xmlrpc: ['spec'] }, encodes: { xmlrpc: ['spec'] }, features: %w[calls datetime-typed struct-order encodings],
}

def tagged(value)
  case value
  when nil then { nil: true }
  when true, false then { boolean: value ? '1' : '0' }
  when Integer then { int: value.to_s }
  when Float then { double: value.infinite? ? (value.positive? ? 'inf' : '-inf') : value.to_s.downcase }
  # Base64 becomes a string of bytes, and text one of characters.
  when String
    return { base64: Base64.strict_encode64(value) } if value.encoding == Encoding::BINARY
    value.valid_encoding? ? { string: value } : { odd: value.scrub }
  when XMLRPC::DateTime then { dateTime: format('%.4d%02d%02dT%02d:%02d:%02d', *value.to_a) }
  when Array then { array: value.map { |item| tagged(item) } }
  when Hash then { struct: value.map { |name, member| [name.to_s, tagged(member)] } }
  else { odd: value.inspect }
  end
end

def native(value)
  kind, content = value.first
  case kind
  when 'boolean' then content == '1'
  when 'int', 'i8' then Integer(content)
  when 'double' then Float(content.sub(/inf/i, '1e999'))
  when 'string' then content
  when 'dateTime' then XMLRPC::DateTime.new(*content.match(/^(\d{4})(\d\d)(\d\d)T(\d\d):(\d\d):(\d\d)/).captures.map { |it| it.to_i(10) })
  when 'base64' then XMLRPC::Base64.new(Base64.decode64(content))
  when 'array' then content.map { |item| native(item) }
  when 'struct' then content.to_h { |name, member| [name, native(member)] }
  end
end

def told(ok, value)
  return { values: [{ response: tagged(value) }] } if ok
  { values: [{ fault: { code: tagged(value.faultCode), string: tagged(value.faultString) } }] }
end

def read(document)
  parser = XMLRPC::XMLParser::REXMLStreamParser.new
  return told(*parser.parseMethodResponse(document)) unless document.include?('<methodCall')
  method, params = parser.parseMethodCall(document)
  { values: [{ call: { method: method, params: params.map { |param| tagged(param) } } }] }
end

def write(value)
  kind, content = value.first
  create = XMLRPC::Create.new
  document =
    case kind
    when 'call' then create.methodCall(content['method'], *content['params'].map { |param| native(param) })
    when 'fault' then create.methodResponse(false, XMLRPC::FaultException.new(native(content['code']), native(content['string'])))
    else create.methodResponse(true, native(content))
    end
  { document: Base64.strict_encode64(document) }
end

def call(ask)
  told(*XMLRPC::Client.new2(ask['uri'], nil, ask['deadline_ms'] / 1000.0).call2(ask['method'], *ask['params'].map { |param| native(param) }))
end

def answer(ask)
  return call(ask['call']) if ask['call']
  ask['value'] ? write(ask['value']) : read(Base64.decode64(ask['input']))
rescue SystemStackError
  ask['input'] ? { accept: true } : { unsupported: 'nested too deeply for this adapter' }
rescue StandardError, NotImplementedError => error
  { (ask['call'] ? :error : :reject) => "#{error.class}: #{error.message}".scrub }
end

$stdin.each_line do |line|
  ask = begin JSON.parse(line, max_nesting: false) rescue { 'half' => line[/"id":"([^"]*)"/, 1] } end
  # Half a surrogate pair, which no string of this JSON has.
  next puts(JSON.generate(id: ask['half'], unsupported: 'not a text of Ruby')) if ask['half']
  reply = ask['hello'] ? { hello: HELLO } : answer(ask).merge(id: ask['id'])
  # What this printer can't write is a text of other bytes, or nested too deeply.
  other = ask['call'] ? { values: [{ response: { odd: 'no UTF-8' } }] } : { accept: true }
  puts begin JSON.generate(reply, max_nesting: 0) rescue JSON.generate(other.merge(id: ask['id'])) end
end
