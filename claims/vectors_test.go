package claims_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/vectors.json anew")

// vectors is what testdata/vectors.json holds, for those who write a client in another language. Its seeds are of 32
// equal bytes.
type vectors struct {
	UserSeed string          `json:"user_seed"`
	User     string          `json:"user"`
	NodeSeed string          `json:"node_seed"`
	Node     string          `json:"node"`
	Requests []requestVector `json:"requests"`
	Tokens   []tokenVector   `json:"tokens"`
	Refused  []refusedVector `json:"refused"` // sealed envelopes, as the text of a header
	Grants   string          `json:"grants"`  // hex
	Patterns []patternVector `json:"patterns"`
	Classic  classicVector   `json:"classic"`
}

// classicVector is of the tokens of wascap. Its seeds are those of the tests of wash.
type classicVector struct {
	AccountSeed    string `json:"account_seed"`
	Account        string `json:"account"`
	ModuleSeed     string `json:"module_seed"`
	Module         string `json:"module"`
	Code           string `json:"code"`   // hex
	Hash           string `json:"hash"`   // of the code
	Signed         string `json:"signed"` // the code with a token, hex
	AccountToken   string `json:"account_token"`
	ProviderToken  string `json:"provider_token"`
	InvocationHash string `json:"invocation_hash"` // of the invocation in the reference of wasmCloud
	InvocationURL  string `json:"invocation_url"`
}

type requestVector struct {
	Op        string `json:"op"`
	Target    string `json:"target"`
	Kind      string `json:"kind"`
	RequestID string `json:"request_id"`
	Body      string `json:"body"`
	Issued    int64  `json:"issued_ms"`
	NotAfter  int64  `json:"not_after_ms"`
	Nonce     string `json:"nonce"`   // hex
	Payload   string `json:"payload"` // hex
	Header    string `json:"header"`
}

type tokenVector struct {
	ID      string   `json:"id"`
	Issued  int64    `json:"issued"`
	Expires int64    `json:"expires"`
	Ops     []string `json:"ops,omitempty"`
	Actors  []string `json:"actors,omitempty"`
	Text    string   `json:"text"`
}

type refusedVector struct {
	Why    string        `json:"why"`
	Reason claims.Reason `json:"reason"`
	Header string        `json:"header"`
}

type patternVector struct {
	Pattern string `json:"pattern"`
	Name    string `json:"name"`
	Matches bool   `json:"matches"`
}

// TestVectors makes the vectors and compares them with the file, so that the format cannot change by accident. What they
// hold is checked here too: each opens, or is refused, as it says.
func TestVectors(t *testing.T) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(makeVectors(t)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "vectors.json")
	if *rewrite {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s holds other vectors: clients and nodes of before would not understand this. If that is meant, run go test ./claims -rewrite\n%s", path, &b)
	}
}

func makeVectors(t *testing.T) vectors {
	user, host := alice(t), node(t)
	v := vectors{UserSeed: testSeed(t), User: user.Public(), NodeSeed: seedOfNode(t), Node: host.Public()}
	whole := envelope(t)
	empty := claims.Envelope{Signer: user.Public(), Audience: host.Public(), Op: "info", BodyHash: sha256.Sum256(nil), Issued: now.Add(time.Millisecond), NotAfter: now.Add(claims.MaxLifetime), Nonce: [16]byte{15: 1}}
	for _, r := range []struct {
		e    claims.Envelope
		body []byte
	}{{whole, body}, {empty, nil}} {
		sealed := seal(t, r.e)
		got, err := claims.OpenEnvelope(sealed)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Check(host.Public(), r.e.Op, r.body, now); err != nil {
			t.Fatal(err)
		}
		v.Requests = append(v.Requests, requestVector{
			Op: r.e.Op, Target: r.e.Target, Kind: r.e.Kind, RequestID: r.e.RequestID, Body: string(r.body), Issued: r.e.Issued.UnixMilli(),
			NotAfter: r.e.NotAfter.UnixMilli(), Nonce: hex.EncodeToString(r.e.Nonce[:]), Payload: hex.EncodeToString(must(r.e.Payload())), Header: claims.EncodeSealed(sealed),
		})
	}
	for _, tok := range []claims.Token{token(t), {Audience: host.Public(), ID: "t2", Issued: now, Expires: now.Add(time.Hour)}} {
		v.Tokens = append(v.Tokens, tokenVector{tok.ID, tok.Issued.Unix(), tok.Expires.Unix(), tok.Ops, tok.Actors, signToken(t, tok)})
	}
	payload := must(whole.Payload())
	for _, r := range []struct {
		why    string
		reason claims.Reason
		sealed []byte
	}{
		{"signed with another key", claims.BadSignature, sign(t, mallory(t), payload)},
		{"signed without the text in front", claims.BadSignature, encode(t, []any{payload, must(user.Sign(payload))})},
		{"a length not in its shortest form", claims.Malformed, sign(t, user, longHead(payload))},
		{"a byte behind", claims.Malformed, append(seal(t, whole), 0)},
		{"no hash of the body", claims.Malformed, sign(t, user, encode(t, replaced(wire(t), 6, make([]byte, 32))))},
	} {
		_, err := claims.OpenEnvelope(r.sealed)
		refused(t, err, r.reason, "")
		v.Refused = append(v.Refused, refusedVector{r.why, r.reason, claims.EncodeSealed(r.sealed)})
	}
	v.Grants = hex.EncodeToString(must(claims.EncodeGrants([]claims.Grant{
		{Role: claims.Operator}, {Role: claims.Caller, Name: "Alice", Actors: []string{"account/*", "bank"}, As: []string{"alice"}, Until: now},
	})))
	for _, p := range []patternVector{{"bank", "bank", true}, {"bank", "banks", false}, {"bank/*", "bank/a", true}, {"bank/*", "bank", false}, {"*", "bank", true}} {
		if claims.Matches(p.Pattern, p.Name) != p.Matches {
			t.Errorf("%+v does not hold", p)
		}
		v.Patterns = append(v.Patterns, p)
	}
	i := increment(t)
	v.Classic = classicVector{
		AccountSeed: washAccount, Account: account(t).Public(), ModuleSeed: washModule, Module: moduleKey(t).Public(),
		Code: hex.EncodeToString(plain), Hash: hexSum(plain), Signed: hex.EncodeToString(signModule(t, plain, echo(t))),
		AccountToken:  paperToken(t, operatorKey(t, 1), claims.Account{Subject: account(t).Public(), ID: "i", Issued: now, Name: "team", ValidSigners: publics(accountKey(t, 2))}),
		ProviderToken: providerToken(t, redis(t)), InvocationHash: i.Hash(), InvocationURL: i.Target.URL(),
	}
	return v
}
