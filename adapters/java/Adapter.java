// aXMLRPC for Java as a subject: it reads responses, writes calls, and calls.
//
// Install: apt-get install default-jdk-headless libaxmlrpc-java (1.13.0) libgoogle-gson-java
// Build:   javac -cp /usr/share/java/axmlrpc.jar:/usr/share/java/gson.jar -d classes adapters/java/Adapter.java
// Run:     xend-harness test -- java -Xss512m -cp classes:/usr/share/java/axmlrpc.jar:/usr/share/java/gson.jar Adapter
import com.google.gson.*;
import de.timroes.axmlrpc.*;
import de.timroes.axmlrpc.serializer.SerializerHandler;
import java.io.*;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.text.SimpleDateFormat;
import java.util.*;

public class Adapter {
    static final String HELLO = "{'hello':{'name':'Java aXMLRPC','version':'1.13.0','decodes':{'xmlrpc':['spec','extended']},'encodes':{'xmlrpc':['spec','extended']},"
        + "'calls_over':['tcp'],'features':['nil','i8','datetime-typed','encodings']}}";
    static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    static class Unsupported extends RuntimeException {
        Unsupported(String why) { super(why); }
    }

    static SimpleDateFormat dates() {
        SimpleDateFormat format = new SimpleDateFormat("yyyyMMdd'T'HH:mm:ss");
        format.setTimeZone(TimeZone.getTimeZone("UTC"));
        return format;
    }

    static Object tagged(Object value) {
        if (value == null) return Map.of("nil", true);
        if (value instanceof Boolean) return Map.of("boolean", (Boolean) value ? "1" : "0");
        if (value instanceof Integer) return Map.of("int", value.toString());
        if (value instanceof Long) return Map.of("i8", value.toString());
        if (value instanceof Double) return Map.of("double", value.toString().replace("Infinity", "inf").toLowerCase());
        if (value instanceof String) return Map.of("string", value);
        if (value instanceof Date) return Map.of("dateTime", dates().format((Date) value));
        if (value instanceof byte[]) return Map.of("base64", Base64.getEncoder().encodeToString((byte[]) value));
        List<Object> items = new ArrayList<>();
        if (value instanceof Object[]) {
            for (Object item : (Object[]) value) items.add(tagged(item));
            return Map.of("array", items);
        }
        if (!(value instanceof Map)) return Map.of("odd", value.toString());
        ((Map<?, ?>) value).forEach((name, member) -> items.add(List.of(name, tagged(member))));
        return Map.of("struct", items);
    }

    static Object natural(JsonElement value) {
        Map.Entry<String, JsonElement> entry = value.getAsJsonObject().entrySet().iterator().next();
        JsonElement content = entry.getValue();
        switch (entry.getKey()) {
            case "nil": return null;
            case "boolean": return content.getAsString().equals("1");
            case "int": try { return Integer.valueOf(content.getAsString()); } catch (NumberFormatException error) { throw new Unsupported("no int of Java"); }
            case "i8": return Long.valueOf(content.getAsString());
            case "double": return Double.valueOf(content.getAsString().replaceAll("(?i)inf", "Infinity").replaceAll("(?i)nan", "NaN"));
            case "string": return content.getAsString();
            case "dateTime": try { return dates().parse(content.getAsString()); } catch (java.text.ParseException error) { throw new Unsupported("no date of this adapter"); }
            case "base64": return Base64.getDecoder().decode(content.getAsString());
            case "array": return naturals(content);
            default:
                Map<String, Object> members = new LinkedHashMap<>();
                for (JsonElement member : content.getAsJsonArray()) members.put(member.getAsJsonArray().get(0).getAsString(), natural(member.getAsJsonArray().get(1)));
                return members;
        }
    }

    static Object[] naturals(JsonElement values) {
        List<Object> items = new ArrayList<>();
        for (JsonElement value : values.getAsJsonArray()) items.add(natural(value));
        return items.toArray();
    }

    static Map<String, Object> answer(JsonObject ask) throws Exception {
        boolean extended = ask.has("rules") && ask.get("rules").getAsString().equals("extended");
        int flags = extended ? XMLRPCClient.FLAGS_NIL | XMLRPCClient.FLAGS_8BYTE_INT | XMLRPCClient.FLAGS_DEFAULT_TYPE_STRING : XMLRPCClient.FLAGS_DEFAULT_TYPE_STRING;
        SerializerHandler types = new SerializerHandler(flags);
        try {
            if (ask.has("input")) {
                byte[] document = Base64.getDecoder().decode(ask.get("input").getAsString());
                return values("response", tagged(new ResponseParser().parse(types, new ByteArrayInputStream(document), false)));
            }
            JsonObject call = ask.has("call") ? ask.getAsJsonObject("call") : ask.getAsJsonObject("value").getAsJsonObject("call");
            if (call == null) throw new Unsupported("writes only calls");
            Object[] params = naturals(call.get("params"));
            if (ask.has("value")) {
                byte[] document = new Call(types, call.get("method").getAsString(), params).getXML(false).getBytes(StandardCharsets.UTF_8);
                return Map.of("document", Base64.getEncoder().encodeToString(document));
            }
            XMLRPCClient client = new XMLRPCClient(new URL(call.get("uri").getAsString()), flags);
            client.setTimeout(2);
            return values("response", tagged(client.call(call.get("method").getAsString(), params)));
        } catch (XMLRPCServerException fault) {
            // The library puts the code behind the text.
            String text = fault.getMessage().replaceFirst(" \\[" + fault.getErrorNr() + "\\]$", "");
            return values("fault", Map.of("code", Map.of("int", "" + fault.getErrorNr()), "string", Map.of("string", text)));
        }
    }

    static Map<String, Object> values(String kind, Object value) { return Map.of("values", List.of(Map.of(kind, value))); }

    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line; (line = lines.readLine()) != null; ) {
            JsonObject ask = JsonParser.parseString(line).getAsJsonObject();
            if (ask.has("hello")) { out.println(HELLO.replace('\'', '"')); continue; }
            Map<String, Object> reply;
            try {
                reply = answer(ask);
            } catch (Unsupported error) {
                reply = Map.of("unsupported", error.getMessage());
            } catch (Exception error) {
                reply = Map.of(ask.has("call") ? "error" : "reject", error + (error.getCause() == null ? "" : ": " + error.getCause()));
            }
            reply = new LinkedHashMap<>(reply);
            reply.put("id", ask.get("id"));
            out.println(GSON.toJson(reply));
        }
    }
}
