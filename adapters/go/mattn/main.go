// The package github.com/mattn/go-xmlrpc as a subject: it calls. Neither its reader nor its writer is public, so that
// documents to read are the replies of a server of this adapter, and those written are the requests to it.
//
// Install: apt-get install golang-go golang-github-mattn-go-xmlrpc-dev (0.0.3)
// Build:   GO111MODULE=off GOPATH=/usr/share/gocode go build -o mattn ./adapters/go/mattn
// Run:     xend-harness test -- ./mattn
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-xmlrpc"
)

type object = map[string]interface{}

var hello = object{"hello": object{
	"name": "Go mattn/go-xmlrpc", "version": "0.0.3", "calls_over": []string{"tcp"}, "features": []string{"nil", "i8", "small-ints", "datetime-typed"},
	"decodes": object{"xmlrpc": []string{"spec"}}, "encodes": object{"xmlrpc": []string{"spec"}},
}}

func tagged(value interface{}) object {
	switch value := value.(type) {
	case nil:
		return object{"nil": true}
	case bool:
		return object{"boolean": map[bool]string{false: "0", true: "1"}[value]}
	case int:
		return object{"int": strconv.Itoa(value)}
	case float64:
		return object{"double": strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(value, 'g', -1, 64)), "+")}
	case string:
		return object{"string": value}
	case []byte:
		return object{"base64": base64.StdEncoding.EncodeToString(value)}
	case time.Time:
		return object{"dateTime": value.UTC().Format("20060102T15:04:05.999999999")}
	case xmlrpc.Array:
		items := []object{}
		for _, item := range value {
			items = append(items, tagged(item))
		}
		return object{"array": items}
	case xmlrpc.Struct:
		members := [][]interface{}{}
		for name, member := range value {
			members = append(members, []interface{}{name, tagged(member)})
		}
		return object{"struct": members}
	}
	return object{"odd": fmt.Sprintf("%T %v", value, value)}
}

func native(value object) (interface{}, error) {
	for kind, content := range value {
		text, _ := content.(string)
		switch kind {
		case "boolean":
			return text == "1", nil
		case "int":
			if number, ok := new(big.Int).SetString(text, 10); ok && number.IsInt64() {
				return number.Int64(), nil
			}
			return nil, fmt.Errorf("no int64 of Go: %s", text)
		case "double":
			return strconv.ParseFloat(text, 64)
		case "string":
			return text, nil
		case "base64":
			return base64.StdEncoding.DecodeString(text)
		case "array":
			return natives(content)
		case "struct":
			members := object{}
			for _, member := range content.([]interface{}) {
				pair := member.([]interface{})
				value, err := native(pair[1].(object))
				if err != nil {
					return nil, err
				}
				members[pair[0].(string)] = value
			}
			return members, nil
		}
		return nil, fmt.Errorf("there is no %s", kind)
	}
	return nil, nil
}

func natives(values interface{}) ([]interface{}, error) {
	items := []interface{}{}
	for _, value := range values.([]interface{}) {
		item, err := native(value.(object))
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// What the server of this adapter was asked last, and what it replies.
var request, document []byte

func serve(response http.ResponseWriter, asked *http.Request) {
	request, _ = io.ReadAll(asked.Body)
	response.Write(document)
}

func call(method string, params interface{}, uri, failure string) object {
	args, err := natives(params)
	if err != nil {
		return object{"unsupported": err.Error()}
	}
	client := xmlrpc.NewClient(uri)
	client.HttpClient.Timeout = 2 * time.Second
	value, err := client.Call(method, args...)
	if err != nil {
		return object{failure: err.Error()}
	}
	return object{"values": []object{{"response": tagged(value)}}}
}

func answer(question object) (reply object) {
	defer func() {
		if err := recover(); err != nil {
			reply = object{"reject": fmt.Sprint("panic: ", err)}
		}
	}()
	if question["hello"] != nil {
		return hello
	}
	if asked, ok := question["call"].(object); ok {
		return call(asked["method"].(string), asked["params"], asked["uri"].(string), "error")
	}
	if value, ok := question["value"].(object); ok {
		asked, ok := value["call"].(object)
		if !ok {
			return object{"unsupported": "writes only calls"}
		}
		request = nil
		if answer := call(asked["method"].(string), asked["params"], own.URL, "reject"); request == nil {
			return answer
		}
		return object{"document": base64.StdEncoding.EncodeToString(request)}
	}
	document, _ = base64.StdEncoding.DecodeString(question["input"].(string))
	return call("m", []interface{}{}, own.URL, "reject")
}

var own = httptest.NewServer(http.HandlerFunc(serve))

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		question := object{}
		json.Unmarshal(line, &question)
		reply := answer(question)
		if id, ok := question["id"]; ok {
			reply["id"] = id
		}
		text, _ := json.Marshal(reply)
		fmt.Println(string(text))
	}
}
