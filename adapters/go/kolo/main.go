// The package github.com/kolo/xmlrpc as a subject: it reads responses, writes calls, and calls.
//
// Install: apt-get install golang-go golang-github-kolo-xmlrpc-dev (2020-03-10)
// Build:   GO111MODULE=off GOPATH=/usr/share/gocode go build -o kolo ./adapters/go/kolo
// Run:     xend-harness test -- ./kolo
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/kolo/xmlrpc"
)

type object = map[string]interface{}

var hello = object{"hello": object{
	"name": "Go kolo/xmlrpc", "version": "2020-03-10", "calls_over": []string{"tcp"}, "features": []string{"nil", "datetime-typed"},
	"decodes": object{"xmlrpc": []string{"spec"}}, "encodes": object{"xmlrpc": []string{"spec"}},
}}

func tagged(value interface{}) object {
	switch value := value.(type) {
	case nil:
		return object{"nil": true}
	case bool:
		return object{"boolean": map[bool]string{false: "0", true: "1"}[value]}
	case int64:
		return object{"int": strconv.FormatInt(value, 10)}
	case float64:
		return object{"double": strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(value, 'g', -1, 64)), "+")}
	case string:
		return object{"string": value}
	case time.Time:
		return object{"dateTime": value.UTC().Format("20060102T15:04:05.999999999")}
	case []interface{}:
		items := []object{}
		for _, item := range value {
			items = append(items, tagged(item))
		}
		return object{"array": items}
	case map[string]interface{}:
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
			return xmlrpc.Base64(text), nil
		case "dateTime":
			return time.Parse("20060102T15:04:05", text)
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

func told(value interface{}, err error, failure string) object {
	if fault, ok := err.(xmlrpc.FaultError); ok {
		return object{"values": []object{{"fault": object{"code": tagged(int64(fault.Code)), "string": tagged(fault.String)}}}}
	}
	if err != nil {
		return object{failure: err.Error()}
	}
	return object{"values": []object{{"response": tagged(value)}}}
}

func read(input string) object {
	document, _ := base64.StdEncoding.DecodeString(input)
	var value interface{}
	err := xmlrpc.Response(document).Err()
	if err == nil {
		err = xmlrpc.Response(document).Unmarshal(&value)
	}
	// Base64 is handed out as it stands in the document, as a string, so that its type can't be told.
	if err == nil && bytes.Contains(document, []byte("<base64")) {
		return object{"accept": true}
	}
	return told(value, err, "reject")
}

func ask(method string, params interface{}, uri string) object {
	args, err := natives(params)
	if err != nil {
		return object{"unsupported": err.Error()}
	}
	if uri == "" {
		document, err := xmlrpc.EncodeMethodCall(method, args...)
		if err != nil {
			return object{"reject": err.Error()}
		}
		return object{"document": base64.StdEncoding.EncodeToString(document)}
	}
	client, err := xmlrpc.NewClient(uri, &http.Transport{ResponseHeaderTimeout: 2 * time.Second})
	var value interface{}
	if err == nil {
		err = client.Call(method, args, &value)
	}
	// The error of a fault comes back as text, in this form.
	var code int
	if err != nil && strings.HasPrefix(err.Error(), "Fault(") {
		fmt.Sscanf(err.Error(), "Fault(%d):", &code)
		err = xmlrpc.FaultError{Code: code, String: err.Error()[strings.Index(err.Error(), ": ")+2:]}
	}
	return told(value, err, "error")
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
	if call, ok := question["call"].(object); ok {
		return ask(call["method"].(string), call["params"], call["uri"].(string))
	}
	if value, ok := question["value"].(object); ok {
		if call, ok := value["call"].(object); ok {
			return ask(call["method"].(string), call["params"], "")
		}
		return object{"unsupported": "writes only calls"}
	}
	return read(question["input"].(string))
}

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
