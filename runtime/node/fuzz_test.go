package node_test

import (
	"context"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// codes are all that an error can have.
var codes = map[api.Code]bool{api.CodeActor: true, api.CodeBadRequest: true, api.CodeUnauthenticated: true, api.CodeForbidden: true,
	api.CodeReplayed: true, api.CodeStale: true, api.CodeNotFound: true, api.CodeConflict: true, api.CodeTooLarge: true, api.CodeOverloaded: true,
	api.CodeExpired: true, api.CodeUnavailable: true, api.CodeTooOld: true}

// FuzzCall hands a node calls of any kind, unsigned or by a caller that may do nearly everything. Each must be answered,
// and no answer may be that the node has failed.
func FuzzCall(f *testing.F) {
	r := newRig(f, setup{})
	trusted := r.caller(claims.Grant{Role: claims.Deployer})
	bearer := r.token(trusted, claims.Token{})
	f.Add("send", "", "", "", "id", []byte(`{"to":"puppet/a","body":{"text":"set k=v"}}`), true)
	f.Add("get", "application/cbor", "", "", "", []byte("\xa2eactorhpuppet/acke\x41k"), true)
	f.Add("scan", "application/json; charset=utf-8", "", "", "", []byte(`{"actor":"puppet/a","limit":3,"token":"x"}`), true)
	f.Add("watch", "", "", "", "", []byte(`{"actor":"puppet/a","wait_ms":1,"event_types":["a"]}`), true)
	f.Add("install", "", "", "", "", []byte(`{"name":"x","code":{"base64":"AGFzbQEAAAA="}}`), true)
	f.Add("log", "", "", "", "", []byte(`{"last":3}`), true)
	f.Add("info", "", "AAAA", "a.b.c", "", []byte(nil), false)
	f.Fuzz(func(t *testing.T, op, mediaType, signature, token, id string, payload []byte, signed bool) {
		c := &node.Call{Op: op, Type: mediaType, Signature: signature, Bearer: token, RequestID: id, Payload: payload}
		if signed {
			c.Signature, c.Bearer = "", bearer
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		res := r.node.Handle(ctx, c)
		if res.Err == nil {
			if !signed && op != "info" {
				t.Fatalf("%s is answered to nobody: %s", op, res.Payload)
			}
			return
		}
		var told api.Error
		if err := api.DecodeAnswer(res.Type, res.Payload, &told); err != nil || told.Code != res.Err.Code {
			t.Fatalf("%s: %v", res.Payload, err)
		}
		if !codes[told.Code] {
			t.Fatalf("%s: %s: %s", op, told.Code, told.Message)
		}
	})
}
