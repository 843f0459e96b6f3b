package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/troupe-run/troupe/runtime/api"
)

// OpenAPI returns the document of OpenAPI 3.1 that says what a gateway answers. It is made from package api.
func OpenAPI() ([]byte, error) {
	s, err := newSchemas()
	if err != nil {
		return nil, err
	}
	failure := s.of(reflect.TypeFor[api.Error]())
	paths := object{}
	for _, op := range api.Ops() {
		paths["/v1/"+op.Name] = s.pathOf(op, failure)
	}
	document := object{
		"openapi": "3.1.0",
		"info": object{
			"title":   "Troupe",
			"version": "1",
			"summary": "A node of transactional actors.",
			"description": "Each operation is a POST with JSON or CBOR. Those that change nothing are a GET with query parameters as well, where " +
				"bytes are given as text under the name of their field, or with .json or .base64 behind it. A failure has the schema Error, " +
				"and its code decides the status. A write with a request id, in the body or in the header Idempotency-Key, has one effect however often it is sent.",
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"paths":    paths,
		"security": security,
		"components": object{
			"schemas":    s.named,
			"responses":  object{"Failure": object{"description": "Why there is no answer.", "content": payloads(failure)}},
			"parameters": object{"IdempotencyKey": idempotencyKey, "LastEventID": lastEventID},
			"headers":    object{"IdempotencyReplayed": replayed},
			"securitySchemes": object{
				"bearer": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
					"description": "A token that the caller has signed for this node. `troupe token` makes one."},
				"signature": object{"type": "apiKey", "in": "header", "name": "Troupe-Signature",
					"description": "A sealed envelope in base64url: a signature over the exact body, for this node, once."},
			},
		},
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(document); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return out.Bytes(), nil
}

var (
	security       = []object{{"bearer": []string{}}, {"signature": []string{}}}
	idempotencyKey = object{"name": "Idempotency-Key", "in": "header", "required": false,
		"description": "The id of the request. It counts before the one in the body.",
		"schema":      object{"type": "string", "minLength": 1, "maxLength": maxID}}
	lastEventID = object{"name": "Last-Event-ID", "in": "header", "required": false,
		"description": "The id of the last event that was seen: the stream goes on behind it.",
		"schema":      object{"type": "string", "pattern": "^[0-9]+$"}}
	replayed = object{"description": "The id had been used: this is the answer of the first time.",
		"schema": object{"type": "string", "const": "true"}}
)

// payloads is a schema in both types.
func payloads(schema object) object {
	return object{api.JSON: object{"schema": schema}, api.CBOR: object{"schema": schema}}
}

// pathOf describes the path of an operation.
func (s *schemas) pathOf(op api.Op, failure object) object {
	request, answer := s.of(reflect.TypeOf(op.Request)), s.of(reflect.TypeOf(op.Answer))
	describe := func(method string) object {
		described := object{"operationId": method + "_" + op.Name, "summary": op.Doc, "x-troupe-role": op.Role,
			"description": "Takes the role " + op.Role + ", or a greater one.", "responses": responses(op, answer)}
		if op.Name == "info" {
			described["description"] = "Nobody needs to say who he is; who does is told more."
			described["security"] = append([]object{{}}, security...)
		}
		return described
	}
	post := describe("post")
	content := payloads(request)
	body := object{"content": content, "required": len(requiredOf(s, op)) > 0}
	post["requestBody"] = body
	if op.Write {
		post["parameters"] = []object{{"$ref": "#/components/parameters/IdempotencyKey"}}
	}
	if op.TakesCode() {
		content[wasmType] = object{"schema": object{"type": "string", "contentMediaType": wasmType,
			"description": "The code; the other fields are query parameters."}}
		post["parameters"] = append(post["parameters"].([]object), s.queryOf(op)...)
	}
	path := object{"post": post}
	if op.Safe() {
		get := describe("get")
		if list := s.queryOf(op); len(list) > 0 {
			get["parameters"] = list
		}
		if op.Name == "watch" {
			get["parameters"] = append(get["parameters"].([]object), object{"$ref": "#/components/parameters/LastEventID"})
		}
		path["get"] = get
	}
	return path
}

// requiredOf returns the fields that a request cannot do without.
func requiredOf(s *schemas, op api.Op) []string {
	schema, _ := s.named[reflect.TypeOf(op.Request).Name()].(object)
	required, _ := schema["required"].([]string)
	return required
}

// queryOf describes the query parameters of an operation.
func (s *schemas) queryOf(op api.Op) (list []object) {
	p := paramsOf(op)
	request := reflect.TypeOf(op.Request).Name()
	for _, name := range p.names() {
		required := slices.Contains(requiredOf(s, op), name)
		forms := []string{""}
		if p[name] == bytesType {
			forms, required = []string{"", ".json", ".base64"}, false // one of them
		}
		for _, form := range forms {
			schema := object{"type": "string"}
			if p[name] != bytesType {
				schema = s.of(p[name])
			}
			// A module to install in the body as JSON has its name there.
			param := object{"name": name + form, "in": "query", "required": required && !op.TakesCode(), "schema": schema}
			s.describe(param, request+"."+name)
			list = append(list, param)
		}
	}
	return list
}

// responses describes what an operation answers.
func responses(op api.Op, answer object) object {
	content := payloads(answer)
	if op.Name == "watch" {
		content[eventType] = object{"schema": object{"type": "string",
			"description": `Events "start", "notice", with a Notice as data, and "error", with an Error; their ids are sequences.`}}
	}
	ok := object{"description": "Done.", "content": content}
	if op.Write {
		ok["headers"] = object{"Idempotency-Replayed": object{"$ref": "#/components/headers/IdempotencyReplayed"}}
	}
	list := object{"200": ok}
	for _, code := range codes() {
		list[strconv.Itoa(Status(api.Code(code)))] = object{"$ref": "#/components/responses/Failure"}
	}
	for _, status := range []int{http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType, http.StatusMisdirectedRequest} {
		list[strconv.Itoa(status)] = object{"$ref": "#/components/responses/Failure"}
	}
	return list
}
