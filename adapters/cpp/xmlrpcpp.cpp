// XmlRpc++ (xmlrpcpp) as a subject: it reads responses, writes calls, and calls.
//
// Install: apt-get install g++ nlohmann-json3-dev libxmlrpcpp-dev (1.15.15)
// Build:   c++ -o xmlrpcpp adapters/cpp/xmlrpcpp.cpp -lxmlrpcpp
// Run:     xend-harness test -- ./xmlrpcpp
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <xmlrpcpp/XmlRpc.h>

using namespace XmlRpc;
using json = nlohmann::ordered_json;

const json hello = {{"hello", {{"name", "C++ xmlrpcpp"}, {"version", "1.15.15"}, {"decodes", {{"xmlrpc", {"spec"}}}}, {"encodes", {{"xmlrpc", {"spec"}}}},
    {"calls_over", {"tcp"}}, {"features", {"datetime-typed"}}}}};

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

json tagged(XmlRpcValue value) {
    char text[400];
    json items = json::array();
    switch (value.getType()) {
    case XmlRpcValue::TypeBoolean: return {{"boolean", bool(value) ? "1" : "0"}};
    case XmlRpcValue::TypeInt: return {{"int", std::to_string(int(value))}};
    case XmlRpcValue::TypeDouble: snprintf(text, sizeof text, "%.17g", double(value)); return {{"double", text}};
    case XmlRpcValue::TypeString: return {{"string", std::string(value)}};
    case XmlRpcValue::TypeDateTime: {
        struct tm time = value; // with the year and the month as people count them, unlike in C
        snprintf(text, sizeof text, "%04d%02d%02dT%02d:%02d:%02d", time.tm_year, time.tm_mon, time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec);
        return {{"dateTime", text}};
    }
    case XmlRpcValue::TypeBase64: {
        XmlRpcValue::BinaryData &bytes = value;
        return {{"base64", base64(std::string(bytes.begin(), bytes.end()))}};
    }
    case XmlRpcValue::TypeArray:
        for (int at = 0; at < value.size(); at++) items.push_back(tagged(value[at]));
        return {{"array", items}};
    case XmlRpcValue::TypeStruct:
        for (auto &member : value) items.push_back(json::array({member.first, tagged(member.second)}));
        return {{"struct", items}};
    default: return {{"odd", "a value without a type"}};
    }
}

XmlRpcValue native(const json &value) {
    const std::string kind = value.begin().key();
    const json &content = value.begin().value();
    XmlRpcValue result;
    if (kind == "boolean") return XmlRpcValue(content == "1");
    if (kind == "int") return XmlRpcValue(std::stoi(content.get<std::string>()));
    if (kind == "double") return XmlRpcValue(std::strtod(content.get<std::string>().c_str(), nullptr));
    if (kind == "string") return XmlRpcValue(content.get<std::string>());
    if (kind == "base64") {
        std::string bytes = unbase64(content);
        return XmlRpcValue(&bytes[0], bytes.size());
    }
    if (kind == "dateTime") {
        struct tm time = {};
        sscanf(content.get<std::string>().c_str(), "%4d%2d%2dT%d:%d:%d", &time.tm_year, &time.tm_mon, &time.tm_mday, &time.tm_hour, &time.tm_min, &time.tm_sec);
        return XmlRpcValue(&time);
    }
    if (kind == "array") {
        result.setSize(content.size());
        for (size_t at = 0; at < content.size(); at++) result[at] = native(content[at]);
    } else if (kind == "struct") {
        result.begin(); // makes it a struct, without members too
        for (auto &member : content) result[member[0].get<std::string>()] = native(member[1]);
    } else throw json{{"unsupported", "there is no " + kind}};
    return result;
}

// What the client does with a document and with a call is open to classes that are derived of it.
struct Client : XmlRpcClient {
    Client(const std::string &host, int port, const std::string &path) : XmlRpcClient(host.c_str(), port, path.c_str()) {}

    json told(bool done, XmlRpcValue &value, const char *failure) {
        if (!done) return {{failure, "no more is told"}};
        if (!isFault()) return {{"values", {{{"response", tagged(value)}}}}};
        return {{"values", {{{"fault", {{"code", tagged(value["faultCode"])}, {"string", tagged(value["faultString"])}}}}}}};
    }
    json read(const std::string &document) {
        XmlRpcValue value;
        _response = document;
        _isFault = false;
        bool done = parseResponse(value);
        return told(done, value, "reject");
    }
    json write(const json &call) {
        if (!generateRequest(call["method"].get<std::string>().c_str(), native({{"array", call["params"]}}))) return {{"reject", "no more is told"}};
        return {{"document", base64(_request.substr(_request.find("\r\n\r\n") + 4))}};
    }
    json call(const json &call) {
        XmlRpcValue value;
        bool done = execute(call["method"].get<std::string>().c_str(), native({{"array", call["params"]}}), value);
        return told(done, value, "error");
    }
};

json answer(const json &ask) {
    if (ask.contains("call")) { // http://HOST:PORT/PATH
        std::string rest = ask["call"]["uri"].get<std::string>().substr(7);
        size_t colon = rest.find(':'), slash = rest.find('/');
        return Client(rest.substr(0, colon), std::stoi(rest.substr(colon + 1)), rest.substr(slash)).call(ask["call"]);
    }
    Client client("localhost", 80, "/");
    if (ask.contains("input")) return client.read(unbase64(ask["input"]));
    if (!ask["value"].contains("call")) return {{"unsupported", "writes only calls"}};
    return client.write(ask["value"]["call"]);
}

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        json ask = json::parse(line), reply;
        if (ask.contains("hello")) { std::cout << hello << std::endl; continue; }
        try {
            reply = answer(ask);
        } catch (const json &other) {
            reply = other;
        } catch (const std::out_of_range &) {
            reply = {{"unsupported", "no int of C"}};
        } catch (const XmlRpcException &error) {
            reply = {{ask.contains("call") ? "error" : "reject", error.getMessage()}};
        }
        reply["id"] = ask["id"];
        // What is no UTF-8 is shown as such, and is no text that could be right.
        std::cout << reply.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    }
}
