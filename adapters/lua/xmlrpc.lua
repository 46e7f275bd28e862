-- LuaXMLRPC as a subject: it reads, writes and calls.
--
-- Install: apt-get install lua5.1 lua-xmlrpc (1.2.1) lua-cjson lua-socket
-- Run:     xend-harness test -- lua5.1 adapters/lua/xmlrpc.lua
local json = require "cjson"
local mime = require "mime"
local http = require "socket.http"
local xmlrpc = require "xmlrpc"
require "xmlrpc.http"

http.TIMEOUT = 2
json.decode_max_depth(100000)
json.encode_max_depth(100000)
io.stdout:setvbuf "line"
local hello = {
	name = "Lua xmlrpc", version = xmlrpc._VERSION, calls_over = { "tcp" },
	decodes = { xmlrpc = { "spec" } }, encodes = { xmlrpc = { "spec" } },
	features = { "calls", "untyped-numbers", "encodings" },
}
local untold = {} -- an error: the value says less than the document

local function tagged (value)
	if type (value) == "boolean" then return { boolean = value and "1" or "0" } end
	if type (value) == "string" then return { string = value } end
	if type (value) == "number" then
		if value == math.floor (value) and math.abs (value) < 1e15 then return { int = ("%d"):format (value) } end
		return { double = value ~= value and "nan" or ("%.17g"):format (value) }
	end
	if type (value) ~= "table" then return { odd = tostring (value) } end
	if next (value) == nil then error (untold) end -- an array and a struct alike
	local items = {}
	for name, member in pairs (value) do
		if type (name) == "table" then return { odd = "a name that is no string" } end
		if type (name) == "number" then items[name] = tagged (member) else items[#items + 1] = { name, tagged (member) } end
	end
	return type (next (value)) == "number" and { array = items } or { struct = items }
end

local make = {
	boolean = function (text) return text == "1" end,
	string = function (text) return text end,
	int = function (text) return xmlrpc.newTypedValue (text, "int") end,
	double = function (text) return xmlrpc.newTypedValue (tonumber (text), "double") end,
}
local function native (value)
	local kind, content = next (value)
	if not make[kind] then error ({ unsupported = "there is no " .. kind }) end
	return make[kind] (content)
end
function make.array (items)
	local array = {}
	for index, item in ipairs (items) do array[index] = native (item) end
	return xmlrpc.newTypedValue (array, xmlrpc.newArray ())
end
function make.struct (members)
	local struct = {}
	for _, member in ipairs (members) do struct[member[1]] = native (member[2]) end
	return struct
end
local function natives (values)
	local params = {}
	for index, value in ipairs (values) do params[index] = native (value) end
	return unpack (params, 1, #values)
end

local function told (ok, value, code)
	if ok then return { values = { { response = tagged (value) } } } end
	return { values = { { fault = { code = tagged (code), string = tagged (value) } } } }
end

local function read (document)
	local is_call = document:find ("<methodCall", 1, true)
	local method, values = (is_call and xmlrpc.srvDecode or xmlrpc.clDecode) (document)
	-- Dates and base64 are handed out as they stand in the document, as strings, so that their type can't be told.
	if document:find ("<dateTime", 1, true) or document:find ("<base64", 1, true) then return { accept = true } end
	if not is_call then return told (xmlrpc.clDecode (document)) end
	local params = {}
	for index, value in ipairs (values) do params[index] = tagged (value) end
	return { values = { { call = { method = tostring (method), params = params } } } }
end

local function write (value)
	local document
	if value.call then document = xmlrpc.clEncode (value.call.method, natives (value.call.params))
	elseif value.fault then document = xmlrpc.srvEncode ({ code = value.fault.code.int, message = native (value.fault.string) }, true)
	else document = xmlrpc.srvEncode (native (value.response)) end
	return { document = (mime.b64 (document)) }
end

for line in io.lines () do
	local ask = json.decode (line)
	local ok, answer = pcall (function ()
		if ask.hello then return { hello = hello } end
		if ask.call then return told (xmlrpc.http.call (ask.call.uri, ask.call.method, natives (ask.call.params))) end
		return ask.value and write (ask.value) or read ((mime.unb64 (ask.input)))
	end)
	if answer == untold then answer = { accept = true }
	elseif not ok and type (answer) ~= "table" then
		answer = { [ask.call and "error" or "reject"] = (answer:sub (1, 200):gsub ("[^ -~]", "?")) }
	end
	answer.id = ask.id
	local printed, text = pcall (json.encode, answer)
	if not printed then text = json.encode { id = ask.id, accept = true } end -- nested too deeply for this printer
	-- An empty table is an object to this printer.
	print ((text:gsub ('"params":{}', '"params":[]')))
end
