/* xmlrpc-epi as a subject: it reads and writes. It has no client.
 *
 * Install: apt-get install gcc libjansson-dev libxmlrpc-epi-dev (0.54.2)
 * Build:   cc -o xmlrpc_epi adapters/c/xmlrpc_epi.c -lxmlrpc-epi -ljansson
 * Run:     xend-harness test -- ./xmlrpc_epi
 */
#define _GNU_SOURCE
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xmlrpc-epi/base64.h>
#include <xmlrpc-epi/xmlrpc.h>

static const char *hello = "{\"hello\":{\"name\":\"C xmlrpc-epi\",\"version\":\"0.54.2\",\"decodes\":{\"xmlrpc\":[\"spec\"]},"
    "\"encodes\":{\"xmlrpc\":[\"spec\"]},\"features\":[\"calls\",\"struct-order\",\"encodings\"]}}";
static const char *refusal; /* why a value can't be given to the library */

static json_t *base64(const char *bytes, int length) {
    struct buffer_st text;
    int at, end = 0;
    base64_encode(&text, bytes, length);
    for (at = 0; at < text.offset; at++) /* it breaks lines */
        if (text.data[at] != '\n' && text.data[at] != '\r') text.data[end++] = text.data[at];
    return json_stringn(text.data, end);
}

static json_t *tagged(XMLRPC_VALUE value) {
    char text[400];
    json_t *items = json_array();
    XMLRPC_VALUE member;
    switch (XMLRPC_GetValueTypeEasy(value)) {
    case xmlrpc_type_int: sprintf(text, "%d", XMLRPC_GetValueInt(value)); return json_pack("{ss}", "int", text);
    case xmlrpc_type_boolean: return json_pack("{ss}", "boolean", XMLRPC_GetValueBoolean(value) ? "1" : "0");
    case xmlrpc_type_double: snprintf(text, sizeof text, "%.17g", XMLRPC_GetValueDouble(value)); return json_pack("{ss}", "double", text);
    case xmlrpc_type_datetime: return json_pack("{ss}", "dateTime", XMLRPC_GetValueDateTime_ISO8601(value));
    case xmlrpc_type_base64: return json_pack("{so}", "base64", base64(XMLRPC_GetValueBase64(value), XMLRPC_GetValueStringLen(value)));
    case xmlrpc_type_string: {
        json_t *string = json_stringn(XMLRPC_GetValueString(value), XMLRPC_GetValueStringLen(value));
        return string ? json_pack("{so}", "string", string) : json_pack("{ss}", "odd", "text that is no UTF-8");
    }
    case xmlrpc_type_array:
        for (member = XMLRPC_VectorRewind(value); member; member = XMLRPC_VectorNext(value)) json_array_append_new(items, tagged(member));
        return json_pack("{so}", "array", items);
    case xmlrpc_type_struct:
        for (member = XMLRPC_VectorRewind(value); member; member = XMLRPC_VectorNext(value))
            json_array_append_new(items, json_pack("[so]", XMLRPC_GetValueID(member) ? XMLRPC_GetValueID(member) : "", tagged(member)));
        return json_pack("{so}", "struct", items);
    case xmlrpc_type_empty: return json_pack("{ss}", "odd", "a value without a type");
    default: return json_pack("{ss}", "odd", "a vector that is neither array nor struct");
    }
}

static XMLRPC_VALUE native(const char *name, json_t *value) {
    const char *kind = json_object_iter_key(json_object_iter(value));
    json_t *content = json_object_get(value, kind), *member;
    const char *text = json_string_value(content);
    size_t at;
    if (!strcmp(kind, "int") && atoll(text) == (int)atoll(text)) return XMLRPC_CreateValueInt(name, atoi(text));
    if (!strcmp(kind, "boolean")) return XMLRPC_CreateValueBoolean(name, *text == '1');
    if (!strcmp(kind, "double")) return XMLRPC_CreateValueDouble(name, strtod(text, NULL));
    if (!strcmp(kind, "string")) return XMLRPC_CreateValueString(name, text, json_string_length(content));
    if (!strcmp(kind, "dateTime")) return XMLRPC_CreateValueDateTime_ISO8601(name, text);
    if (!strcmp(kind, "base64")) {
        struct buffer_st bytes;
        base64_decode(&bytes, text, strlen(text));
        return XMLRPC_CreateValueBase64(name, bytes.data, bytes.offset);
    }
    XMLRPC_VALUE vector = XMLRPC_CreateVector(name, !strcmp(kind, "array") ? xmlrpc_vector_array : xmlrpc_vector_struct);
    if (!json_is_array(content)) refusal = "there is no such type, or no int of C";
    json_array_foreach(content, at, member) {
        if (!strcmp(kind, "array")) XMLRPC_AddValueToVector(vector, native(NULL, member));
        else XMLRPC_AddValueToVector(vector, native(json_string_value(json_array_get(member, 0)), json_array_get(member, 1)));
    }
    return vector;
}

static json_t *read_document(const char *document, int length) {
    XMLRPC_REQUEST message = XMLRPC_REQUEST_FromXML(document, length, NULL);
    XMLRPC_VALUE data = message ? XMLRPC_RequestGetData(message) : NULL;
    if (message && XMLRPC_RequestGetRequestType(message) == xmlrpc_request_call) {
        const char *name = XMLRPC_RequestGetMethodName(message);
        json_t *params = data ? json_object_get(tagged(data), "array") : NULL;
        return json_pack("{s[{s{sssO}}]}", "values", "call", "method", name ? name : "", "params", params ? params : json_array());
    }
    if (!data) return json_pack("{ss}", "reject", message ? "no value" : "no message");
    if (!XMLRPC_ResponseIsFault(message)) return json_pack("{s[{so}]}", "values", "response", tagged(data));
    return json_pack("{s[{s{soso}}]}", "values", "fault", "code", tagged(XMLRPC_VectorGetValueWithID(data, "faultCode")),
                     "string", tagged(XMLRPC_VectorGetValueWithID(data, "faultString")));
}

static json_t *write_document(json_t *value) {
    json_t *call = json_object_get(value, "call"), *fault = json_object_get(value, "fault");
    XMLRPC_REQUEST message = XMLRPC_RequestNew();
    /* Its default escapes nothing. */
    STRUCT_XMLRPC_REQUEST_OUTPUT_OPTIONS options = {{.verbosity = xml_elem_no_white_space, .escaping = xml_elem_markup_escaping, .encoding = "UTF-8"}, xmlrpc_version_1_0};
    int length;
    XMLRPC_RequestSetOutputOptions(message, &options);
    XMLRPC_RequestSetRequestType(message, call ? xmlrpc_request_call : xmlrpc_request_response);
    if (call) XMLRPC_RequestSetMethodName(message, json_string_value(json_object_get(call, "method")));
    if (fault) XMLRPC_RequestSetData(message, XMLRPC_UtilityCreateFault(atoi(json_string_value(json_object_get(json_object_get(fault, "code"), "int"))), json_string_value(json_object_get(json_object_get(fault, "string"), "string"))));
    else XMLRPC_RequestSetData(message, native(NULL, call ? json_pack("{sO}", "array", json_object_get(call, "params")) : json_object_get(value, "response")));
    char *document = XMLRPC_REQUEST_ToXML(message, &length);
    return refusal ? json_pack("{ss}", "unsupported", refusal) : document ? json_pack("{so}", "document", base64(document, length)) : json_pack("{ss}", "reject", "no document");
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        json_t *ask = json_loads(line, 0, NULL), *input = json_object_get(ask, "input"), *answer;
        if (json_object_get(ask, "hello")) { puts(hello); fflush(stdout); continue; }
        struct buffer_st document;
        refusal = NULL;
        if (input) base64_decode(&document, json_string_value(input), json_string_length(input));
        answer = input ? read_document(strndup(document.data, document.offset), document.offset) : write_document(json_object_get(ask, "value"));
        json_object_set(answer, "id", json_object_get(ask, "id"));
        json_dumpf(answer, stdout, JSON_COMPACT);
        puts("");
        fflush(stdout);
        json_decref(ask);
    }
}
