// The C++ classes of xmlrpc-c as a subject: they read responses, write, and call.
//
// Install: apt-get install g++ nlohmann-json3-dev libxmlrpc-c++8-dev (1.33.14)
// Build:   c++ -o xmlrpc_cpp adapters/cpp/xmlrpc_cpp.cpp -lxmlrpc_client++ -lxmlrpc++ -lxmlrpc_client -lxmlrpc -lxmlrpc_util
// Run:     xend-harness test -- ./xmlrpc_cpp
#include <iostream>
#include <nlohmann/json.hpp>
#include <xmlrpc-c/base.hpp>
#include <xmlrpc-c/client.hpp>
#include <xmlrpc-c/client_transport.hpp>
#include <xmlrpc-c/xml.hpp>

using namespace xmlrpc_c;
using json = nlohmann::ordered_json;

const json hello = {{"hello", {{"name", "C++ xmlrpc-c"}, {"version", "1.33.14"}, {"decodes", {{"xmlrpc", {"spec", "extended"}}}},
    {"encodes", {{"xmlrpc", {"spec", "extended"}}}}, {"calls_over", {"tcp"}}, {"features", {"nil", "i8", "ex", "datetime-typed"}}}}};

std::string base64(const std::string &bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t at = 0; at < bytes.size(); at += 3) {
        auto byte = [&](size_t i) { return i < bytes.size() ? (unsigned char)bytes[i] : 0u; };
        unsigned group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
        for (int digit = 0; digit < 4; digit++) text += at + digit > bytes.size() ? '=' : digits[group >> (18 - 6 * digit) & 63];
    }
    return text;
}

std::string unbase64(const std::string &text) {
    static const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned group = 0, bits = 0;
    for (char digit : text) {
        if (digit == '=') break;
        group = group << 6 | digits.find(digit), bits += 6;
        if (bits >= 8) bytes += char(group >> (bits -= 8));
    }
    return bytes;
}

json tagged(const value &it) {
    char text[400];
    json items = json::array();
    switch (it.type()) {
    case value::TYPE_NIL: return {{"nil", true}};
    case value::TYPE_INT: return {{"int", std::to_string(int(value_int(it)))}};
    case value::TYPE_I8: return {{"i8", std::to_string((long long)(value_i8(it)))}};
    case value::TYPE_BOOLEAN: return {{"boolean", bool(value_boolean(it)) ? "1" : "0"}};
    case value::TYPE_DOUBLE: snprintf(text, sizeof text, "%.17g", double(value_double(it))); return {{"double", text}};
    case value::TYPE_STRING: return {{"string", std::string(value_string(it))}};
    case value::TYPE_DATETIME: {
        xmlrpc_datetime time = value_datetime(it);
        snprintf(text, sizeof text, "%04u%02u%02uT%02u:%02u:%02u", time.Y, time.M, time.D, time.h, time.m, time.s);
        return {{"dateTime", text}};
    }
    case value::TYPE_BYTESTRING: {
        auto bytes = value_bytestring(it).vectorUcharValue();
        return {{"base64", base64(std::string(bytes.begin(), bytes.end()))}};
    }
    case value::TYPE_ARRAY:
        for (auto &item : value_array(it).vectorValueValue()) items.push_back(tagged(item));
        return {{"array", items}};
    case value::TYPE_STRUCT:
        for (auto &member : cstruct(value_struct(it))) items.push_back(json::array({member.first, tagged(member.second)}));
        return {{"struct", items}};
    default: return {{"odd", "a value of another type"}};
    }
}

value native(const json &it) {
    const std::string kind = it.begin().key();
    const json &content = it.begin().value();
    if (kind == "nil") return value_nil();
    if (kind == "array") {
        carray items;
        for (auto &item : content) items.push_back(native(item));
        return value_array(items);
    }
    if (kind == "struct") {
        cstruct members;
        for (auto &member : content) members[member[0]] = native(member[1]);
        return value_struct(members);
    }
    const std::string text = content;
    if (kind == "int") return value_int(std::stoi(text));
    if (kind == "i8") return value_i8(std::stoll(text));
    if (kind == "boolean") return value_boolean(text == "1");
    if (kind == "double") return value_double(std::strtod(text.c_str(), nullptr));
    if (kind == "dateTime") return value_datetime(text);
    if (kind == "string") return value_string(text);
    const std::string bytes = unbase64(text);
    return value_bytestring(cbytestring(bytes.begin(), bytes.end()));
}

json told(const rpcOutcome &outcome) {
    if (outcome.succeeded()) return {{"values", {{{"response", tagged(outcome.getResult())}}}}};
    fault it = outcome.getFault();
    return {{"values", {{{"fault", {{"code", {{"int", std::to_string(it.getCode())}}}, {"string", {{"string", it.getDescription()}}}}}}}}};
}

json answer(const json &ask) {
    std::string document;
    if (ask.contains("input")) {
        rpcOutcome outcome;
        xml::parseResponse(unbase64(ask["input"]), &outcome);
        return told(outcome);
    }
    const json &asked = ask.contains("call") ? ask["call"] : ask["value"].contains("call") ? ask["value"]["call"] : json();
    paramList params;
    if (!asked.is_null()) for (auto &param : asked["params"]) params.add(native(param));
    if (ask.contains("call")) {
        clientXmlTransport_curl transport(clientXmlTransport_curl::constrOpt().timeout(2000));
        client_xml client(&transport);
        rpcPtr call(asked["method"].get<std::string>(), params);
        carriageParm_curl0 server(asked["uri"].get<std::string>());
        call->call(&client, &server);
        return told(call->isSuccessful() ? rpcOutcome(call->getResult()) : rpcOutcome(call->getFault()));
    }
    if (!asked.is_null()) xml::generateCall(asked["method"].get<std::string>(), params, &document);
    else if (ask["value"].contains("fault")) {
        const json &it = ask["value"]["fault"];
        xml::generateResponse(rpcOutcome(fault(it["string"]["string"].get<std::string>(), fault::code_t(std::stoi(it["code"]["int"].get<std::string>())))), &document);
    } else xml::generateResponse(rpcOutcome(native(ask["value"]["response"])), &document);
    return {{"document", base64(document)}};
}

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        json ask = json::parse(line), reply;
        if (ask.contains("hello")) { std::cout << hello << std::endl; continue; }
        try {
            reply = answer(ask);
        } catch (const std::out_of_range &) {
            reply = {{"unsupported", "no int of C"}};
        } catch (const std::exception &error) {
            reply = {{ask.contains("call") ? "error" : "reject", error.what()}};
        }
        reply["id"] = ask["id"];
        std::cout << reply.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    }
}
