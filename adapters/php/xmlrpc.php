<?php
// The extension xmlrpc of PHP, which is built on xmlrpc-epi, as a subject: it reads and writes. It has no client.
//
// Install: apt-get install php-cli php-xmlrpc (1.0.0rc3), or pecl install xmlrpc
// Run:     xend-harness test -- php adapters/php/xmlrpc.php
error_reporting(0);

const HELLO = ['name' => 'PHP xmlrpc', 'decodes' => ['xmlrpc' => ['spec']], 'encodes' => ['xmlrpc' => ['spec']],
    'features' => ['calls', 'struct-order', 'encodings']];

class Untold extends Exception {} // the value says less than the document
class Unsupported extends Exception {}

function tagged($value) {
    if (is_bool($value)) return ['boolean' => $value ? '1' : '0'];
    if (is_int($value)) return ['int' => (string) $value];
    if (is_float($value)) return ['double' => is_finite($value) ? json_encode($value) : strtolower((string) $value)];
    if (is_string($value)) return ['string' => $value];
    if (is_object($value) && $value->xmlrpc_type === 'base64') return ['base64' => base64_encode($value->scalar)];
    if (is_object($value) && $value->xmlrpc_type === 'datetime') return ['dateTime' => $value->scalar];
    if (!is_array($value)) return ['odd' => var_export($value, true)];
    if ($value === []) throw new Untold(); // an array and a struct alike
    // An array of PHP turns the name 0 into an index.
    if (array_is_list($value) && str_contains($GLOBALS['document'], '<name>0<')) throw new Untold();
    if (array_is_list($value)) return ['array' => array_map('tagged', $value)];
    return ['struct' => array_map(fn($name, $member) => [(string) $name, tagged($member)], array_keys($value), $value)];
}

function native($value) {
    [$kind, $content] = [array_key_first($value), reset($value)];
    switch ($kind) {
        case 'int':
            if ((string) (int) $content !== $content) throw new Unsupported('no int of PHP');
            return (int) $content;
        case 'boolean': return $content === '1';
        case 'double': return ['inf' => INF, '-inf' => -INF, 'nan' => NAN][$content] ?? (float) $content;
        case 'string': return $content;
        case 'dateTime': xmlrpc_set_type($content, 'datetime'); return $content;
        case 'base64': $content = base64_decode($content); xmlrpc_set_type($content, 'base64'); return $content;
        case 'array': return array_map('native', $content);
        case 'struct':
            $struct = new stdClass();
            foreach ($content as [$name, $member]) $struct->{$name} = native($member);
            return $struct;
    }
    throw new Unsupported("there is no $kind");
}

function read($document) {
    if (str_contains($document, '<methodCall')) {
        $params = xmlrpc_decode_request($document, $method, 'UTF-8');
        if ($method === null) return ['reject' => 'null'];
        return ['values' => [['call' => ['method' => $method, 'params' => array_map('tagged', array_values($params ?? []))]]]];
    }
    $value = xmlrpc_decode($document, 'UTF-8');
    if ($value === null) return ['reject' => 'null'];
    if (!is_array($value) || !xmlrpc_is_fault($value)) return ['values' => [['response' => tagged($value)]]];
    return ['values' => [['fault' => ['code' => tagged($value['faultCode']), 'string' => tagged($value['faultString'])]]]];
}

function write($value) {
    $options = ['encoding' => 'UTF-8', 'escaping' => ['markup']];
    if ($call = $value['call'] ?? null) $document = xmlrpc_encode_request($call['method'], array_map('native', $call['params']), $options);
    elseif ($fault = $value['fault'] ?? null) $document = xmlrpc_encode_request(null, ['faultCode' => native($fault['code']), 'faultString' => native($fault['string'])], $options);
    else $document = xmlrpc_encode_request(null, native($value['response']), $options);
    return $document === null ? ['reject' => 'null'] : ['document' => base64_encode($document)];
}

while (($line = fgets(STDIN)) !== false) {
    $ask = json_decode($line, true, 1 << 30);
    try {
        if (isset($ask['hello'])) $answer = ['hello' => HELLO + ['version' => phpversion('xmlrpc')]];
        elseif (isset($ask['value'])) $answer = ['id' => $ask['id']] + write($ask['value']);
        else $answer = ['id' => $ask['id']] + read($document = base64_decode($ask['input']));
    } catch (Untold) {
        $answer = ['id' => $ask['id'], 'accept' => true];
    } catch (Unsupported $error) {
        $answer = ['id' => $ask['id'], 'unsupported' => $error->getMessage()];
    } catch (Throwable $error) {
        $answer = ['id' => $ask['id'], 'reject' => $error->getMessage()];
    }
    // What is no UTF-8 is shown as such, and is no text that could be right.
    $line = json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE, 10000);
    echo $line === false ? json_encode(['id' => $ask['id'], 'accept' => true]) : $line, "\n";
}
