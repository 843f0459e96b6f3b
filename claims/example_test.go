package claims_test

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/claims"
)

// A caller signs a request, and the node that it is for decides about it.
func Example() {
	caller, _ := claims.NewKey(claims.UserKey)
	node, _ := claims.NewKey(claims.NodeKey)
	replays := claims.NewReplays(time.Now(), 0)
	grants := []claims.Grant{{Role: claims.Caller, Actors: []string{"account/*"}}}

	body := []byte(`{"to":"account/alice"}`)
	sealed, err := claims.Seal(caller, claims.Envelope{Audience: node.Public(), Op: "send", BodyHash: sha256.Sum256(body)})
	if err != nil {
		fmt.Println(err)
		return
	}

	decide := func(sealed, body []byte) error {
		e, err := claims.OpenEnvelope(sealed)
		if err != nil {
			return err
		}
		now := time.Now()
		if err := e.Check(node.Public(), "send", body, now); err != nil {
			return err
		}
		if err := claims.Decide(grants, claims.Request{Role: claims.Caller, Actor: "account/alice", Now: now}); err != nil {
			return err
		}
		return replays.Admit(sha256.Sum256(sealed), e.Issued, e.NotAfter, now)
	}
	fmt.Println(decide(sealed, body))
	fmt.Println(decide(sealed, body))
	// Output:
	// <nil>
	// this very request was admitted before: sign it again, with the same request id if its outcome is not known
}

// A token lets a browser read two kinds of actor for an hour.
func ExampleSignToken() {
	caller, _ := claims.NewKey(claims.UserKey)
	node, _ := claims.NewKey(claims.NodeKey)

	text, err := claims.SignToken(caller, claims.Token{Audience: node.Public(), Ops: []string{"get", "scan"}, Actors: []string{"account/*"}})
	if err != nil {
		fmt.Println(err)
		return
	}

	token, err := claims.OpenToken(text)
	fmt.Println(token.Subject == caller.Public(), err)
	fmt.Println(token.Check(node.Public(), time.Now()), token.Permit("get", "account/alice"), token.Permit("send", "account/alice") != nil)
	// Output:
	// true <nil>
	// <nil> <nil> true
}

func ExampleDecide() {
	grants := []claims.Grant{{Role: claims.Caller, Actors: []string{"account/*"}, As: []string{"alice"}}}
	now := time.Now()
	fmt.Println(claims.Decide(grants, claims.Request{Role: claims.Caller, Actor: "account/alice", As: "alice", Now: now}))
	fmt.Println(claims.Decide(grants, claims.Request{Role: claims.Deployer, Actor: "account/alice", Now: now}))
	// Output:
	// <nil>
	// the grant of this key is caller on "account/*" as "alice", and deployer on "account/alice" is needed: ask an operator
}
