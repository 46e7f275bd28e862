/* xmlrpc-c as a subject: it reads, writes and calls.
 *
 * Install: apt-get install gcc libjansson-dev libxmlrpc-core-c3-dev (1.33.14)
 * Build:   cc -o xmlrpc_c adapters/c/xmlrpc_c.c -lxmlrpc_client -lxmlrpc -lxmlrpc_util -ljansson
 * Run:     xend-harness test -- ./xmlrpc_c
 */
#define _GNU_SOURCE
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xmlrpc-c/base.h>
#include <xmlrpc-c/client.h>

#define HELLO "{\"hello\":{\"name\":\"C xmlrpc-c\",\"version\":\"%u.%u.%u\",\"decodes\":{\"xmlrpc\":[\"spec\",\"extended\"]}," \
    "\"encodes\":{\"xmlrpc\":[\"spec\",\"extended\"]},\"calls_over\":[\"tcp\"],\"features\":[\"nil\",\"i8\",\"ex\",\"calls\",\"datetime-typed\"]}}"

static xmlrpc_env env;          /* what went wrong with the question in hand */
static const char *unsupported; /* why a value can't be given to the library */

static char *unbase64(const char *text, size_t *length) {
    xmlrpc_mem_block *block = xmlrpc_base64_decode(&env, text, strlen(text));
    *length = block ? xmlrpc_mem_block_size(block) : 0;
    return block ? memcpy(malloc(*length + 1), xmlrpc_mem_block_contents(block), *length) : strdup("");
}

static json_t *base64(const char *bytes, size_t length) {
    xmlrpc_mem_block *text = xmlrpc_base64_encode_without_newlines(&env, (unsigned char *)bytes, length);
    return json_stringn(xmlrpc_mem_block_contents(text), xmlrpc_mem_block_size(text));
}

static json_t *tagged(xmlrpc_value *value) {
    char text[400];
    const char *string;
    const unsigned char *bytes;
    size_t length;
    int number;
    double real;
    long long big;
    xmlrpc_datetime time;
    xmlrpc_value *name, *member;
    json_t *items = json_array();
    switch (xmlrpc_value_type(value)) {
    case XMLRPC_TYPE_NIL: return json_pack("{sb}", "nil", 1);
    case XMLRPC_TYPE_INT: xmlrpc_read_int(&env, value, &number); sprintf(text, "%d", number); return json_pack("{ss}", "int", text);
    case XMLRPC_TYPE_I8: xmlrpc_read_i8(&env, value, &big); sprintf(text, "%lld", big); return json_pack("{ss}", "i8", text);
    case XMLRPC_TYPE_BOOL: xmlrpc_read_bool(&env, value, &number); return json_pack("{ss}", "boolean", number ? "1" : "0");
    case XMLRPC_TYPE_DOUBLE: xmlrpc_read_double(&env, value, &real); snprintf(text, sizeof text, "%.17g", real); return json_pack("{ss}", "double", text);
    case XMLRPC_TYPE_DATETIME:
        xmlrpc_read_datetime(&env, value, &time);
        sprintf(text, "%04u%02u%02uT%02u:%02u:%02u", time.Y, time.M, time.D, time.h, time.m, time.s);
        return json_pack("{ss}", "dateTime", text);
    case XMLRPC_TYPE_STRING: xmlrpc_read_string_lp(&env, value, &length, &string); return json_pack("{so}", "string", json_stringn(string, length));
    case XMLRPC_TYPE_BASE64: xmlrpc_read_base64(&env, value, &length, &bytes); return json_pack("{so}", "base64", base64((const char *)bytes, length));
    case XMLRPC_TYPE_ARRAY:
        for (int at = 0; at < xmlrpc_array_size(&env, value); at++) {
            xmlrpc_array_read_item(&env, value, at, &member);
            json_array_append_new(items, tagged(member));
        }
        return json_pack("{so}", "array", items);
    case XMLRPC_TYPE_STRUCT:
        for (int at = 0; at < xmlrpc_struct_size(&env, value); at++) {
            xmlrpc_struct_read_member(&env, value, at, &name, &member);
            xmlrpc_read_string_lp(&env, name, &length, &string);
            json_array_append_new(items, json_pack("[oo]", json_stringn(string, length), tagged(member)));
        }
        return json_pack("{so}", "struct", items);
    default: return json_pack("{ss}", "odd", xmlrpc_type_name(xmlrpc_value_type(value)));
    }
}

static xmlrpc_value *native(json_t *value);

static xmlrpc_value *natives(json_t *values) {
    xmlrpc_value *items = xmlrpc_array_new(&env);
    size_t at;
    json_t *value;
    json_array_foreach(values, at, value) {
        xmlrpc_value *item = native(value);
        if (!env.fault_occurred) xmlrpc_array_append_item(&env, items, item);
    }
    return items;
}

static xmlrpc_value *native(json_t *value) {
    const char *kind = json_object_iter_key(json_object_iter(value));
    json_t *content = json_object_get(value, kind), *member;
    const char *text = json_string_value(content);
    size_t length, at;
    if (!strcmp(kind, "nil")) return xmlrpc_nil_new(&env);
    if (!strcmp(kind, "int") && atoll(text) == (int)atoll(text)) return xmlrpc_int_new(&env, atoll(text));
    if (!strcmp(kind, "int")) unsupported = "no int of C";
    if (!strcmp(kind, "i8") || !strcmp(kind, "int")) return xmlrpc_i8_new(&env, atoll(text));
    if (!strcmp(kind, "boolean")) return xmlrpc_bool_new(&env, *text == '1');
    if (!strcmp(kind, "double")) return xmlrpc_double_new(&env, strtod(text, NULL));
    if (!strcmp(kind, "string")) return xmlrpc_string_new_lp(&env, json_string_length(content), text);
    if (!strcmp(kind, "dateTime")) return xmlrpc_datetime_new_str(&env, text);
    if (!strcmp(kind, "array")) return natives(content);
    if (!strcmp(kind, "base64")) { char *bytes = unbase64(text, &length); return xmlrpc_base64_new(&env, length, (unsigned char *)bytes); }
    xmlrpc_value *structure = xmlrpc_struct_new(&env);
    json_array_foreach(content, at, member) {
        xmlrpc_value *name = native(json_pack("{sO}", "string", json_array_get(member, 0))), *item = native(json_array_get(member, 1));
        if (!env.fault_occurred) xmlrpc_struct_set_value_v(&env, structure, name, item);
    }
    return structure;
}

static json_t *fault(int code, const char *text) {
    return json_pack("{s[{s{s{so}s{ss}}}]}", "values", "fault", "code", "int", json_sprintf("%d", code), "string", "string", text);
}

static json_t *read_document(const char *document, size_t length) {
    const char *name, *text;
    xmlrpc_value *value;
    int code;
    if (memmem(document, length, "<methodCall", 11)) {
        xmlrpc_parse_call(&env, document, length, &name, &value);
        return env.fault_occurred ? NULL : json_pack("{s[{s{sssO}}]}", "values", "call", "method", name, "params", json_object_get(tagged(value), "array"));
    }
    xmlrpc_parse_response2(&env, document, length, &value, &code, &text);
    if (env.fault_occurred) return NULL;
    return text ? fault(code, text) : json_pack("{s[{so}]}", "values", "response", tagged(value));
}

static json_t *write_document(json_t *value) {
    json_t *call = json_object_get(value, "call"), *failure = json_object_get(value, "fault");
    xmlrpc_mem_block *block = xmlrpc_mem_block_new(&env, 0);
    xmlrpc_value *content = call ? natives(json_object_get(call, "params")) : failure ? NULL : native(json_object_get(value, "response"));
    if (env.fault_occurred) return NULL;
    if (failure) {
        xmlrpc_env reply;
        xmlrpc_env_init(&reply);
        xmlrpc_env_set_fault(&reply, atoi(json_string_value(json_object_get(json_object_get(failure, "code"), "int"))), json_string_value(json_object_get(json_object_get(failure, "string"), "string")));
        xmlrpc_serialize_fault(&env, block, &reply);
    } else if (call) xmlrpc_serialize_call(&env, block, json_string_value(json_object_get(call, "method")), content);
    else xmlrpc_serialize_response(&env, block, content);
    return env.fault_occurred ? NULL : json_pack("{so}", "document", base64(xmlrpc_mem_block_contents(block), xmlrpc_mem_block_size(block)));
}

static json_t *call(json_t *ask) {
    struct xmlrpc_curl_xportparms curl = {.timeout = json_integer_value(json_object_get(ask, "deadline_ms"))};
    struct xmlrpc_clientparms parms = {.transport = "curl", .transportparmsP = &curl, .transportparm_size = XMLRPC_CXPSIZE(timeout)};
    xmlrpc_client *client;
    xmlrpc_value *params = natives(json_object_get(ask, "params")), *value;
    xmlrpc_client_create(&env, XMLRPC_CLIENT_NO_FLAGS, "xend-harness", "1", &parms, XMLRPC_CPSIZE(transportparm_size), &client);
    if (env.fault_occurred) return NULL;
    xmlrpc_client_call2(&env, client, xmlrpc_server_info_new(&env, json_string_value(json_object_get(ask, "uri"))), json_string_value(json_object_get(ask, "method")), params, &value);
    xmlrpc_client_destroy(client);
    /* The text of a fault has words of the library before it, which tell it from the library's own errors. */
    const char *prefix = "RPC failed at server.  ";
    if (env.fault_occurred && !strncmp(env.fault_string, prefix, strlen(prefix))) return fault(env.fault_code, env.fault_string + strlen(prefix));
    if (env.fault_occurred) return NULL;
    return json_pack("{s[{so}]}", "values", "response", tagged(value));
}

int main(void) {
    char *line = NULL;
    size_t room = 0, length;
    xmlrpc_env_init(&env);
    xmlrpc_client_setup_global_const(&env);
    xmlrpc_limit_set(XMLRPC_XML_SIZE_LIMIT_ID, 64 << 20);
    while (getline(&line, &room, stdin) > 0) {
        json_t *ask = json_loads(line, 0, NULL), *input = json_object_get(ask, "input"), *asked = json_object_get(ask, "call"), *answer;
        if (json_object_get(ask, "hello")) { printf(HELLO "\n", xmlrpc_version_major, xmlrpc_version_minor, xmlrpc_version_point); fflush(stdout); continue; }
        xmlrpc_env_clean(&env);
        xmlrpc_env_init(&env);
        unsupported = NULL;
        if (asked) answer = call(asked);
        else if (input) { char *document = unbase64(json_string_value(input), &length); answer = read_document(document, length); free(document); }
        else answer = write_document(json_object_get(ask, "value"));
        if (unsupported) answer = json_pack("{ss}", "unsupported", unsupported);
        if (!answer) answer = env.fault_occurred ? json_pack("{ss}", asked ? "error" : "reject", env.fault_string) : json_pack("{sb}", "accept", 1);
        json_object_set(answer, "id", json_object_get(ask, "id"));
        json_dumpf(answer, stdout, JSON_COMPACT);
        puts("");
        fflush(stdout);
        json_decref(ask);
        json_decref(answer);
    }
}
