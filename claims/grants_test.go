package claims_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/claims"
)

func TestRoles(t *testing.T) {
	roles := claims.Roles()
	for i, a := range roles {
		for j, b := range roles {
			if a.Includes(b) != (i >= j) {
				t.Errorf("%s includes %s: %v", a, b, a.Includes(b))
			}
		}
		if r, err := claims.ParseRole(string(a)); err != nil || r != a {
			t.Errorf("%q, %v", r, err)
		}
		if a.Includes("") || claims.Role("").Includes(a) {
			t.Errorf("%s and no role include each other", a)
		}
	}
	for _, name := range []string{"", "Operator", "root", "operator "} {
		_, err := claims.ParseRole(name)
		has(t, err, "is not a role: there are reader, caller, deployer and operator")
	}
}

func TestMatches(t *testing.T) {
	for _, row := range []struct {
		pattern, name string
		want          bool
	}{
		{"bank", "bank", true}, {"bank", "banks", false}, {"bank", "ban", false}, {"bank*", "bank", true}, {"bank*", "banks", true},
		{"bank/*", "bank", false}, {"bank/*", "bank/a/b", true}, {"*", "", true}, {"*", "bank", true}, {"*", "*", true},
		{"b*", "*", false}, {"", "", true}, {"", "bank", false}, {"a*b", "axb", false}, {"Bank", "bank", false},
	} {
		if got := claims.Matches(row.pattern, row.name); got != row.want {
			t.Errorf("Matches(%q, %q) = %v", row.pattern, row.name, got)
		}
	}
}

func TestDecide(t *testing.T) {
	until := now.Add(time.Hour)
	grants := []claims.Grant{
		{Role: claims.Reader},
		{Role: claims.Caller, Actors: []string{"account/*", "bank"}, As: []string{"alice", "shop.*"}},
		{Role: claims.Deployer, Actors: []string{"test.*"}, Until: until},
	}
	operator := []claims.Grant{{Role: claims.Operator}}
	limited := []claims.Grant{{Role: claims.Operator, Actors: []string{"test.*"}}}
	for _, row := range []struct {
		name   string
		grants []claims.Grant
		r      claims.Request
		want   string // empty: allowed
	}{
		{"reads what it likes", grants, claims.Request{Role: claims.Reader, Actor: "vault"}, ""},
		{"reads all", grants, claims.Request{Role: claims.Reader, Actor: claims.Everything}, ""},
		{"calls an account", grants, claims.Request{Role: claims.Caller, Actor: "account/bob"}, ""},
		{"calls the bank", grants, claims.Request{Role: claims.Caller, Actor: "bank"}, ""},
		{"calls no other", grants, claims.Request{Role: claims.Caller, Actor: "vault"}, `the grant of this key is caller on "account/*", "bank" as "alice", "shop.*", and caller on "vault" is needed: ask an operator`},
		{"calls not all", grants, claims.Request{Role: claims.Caller, Actor: claims.Everything}, "caller on all actors is needed"},
		{"calls, no matter whom", grants, claims.Request{Role: claims.Caller}, ""},
		{"acts as alice", grants, claims.Request{Role: claims.Caller, Actor: "bank", As: "alice"}, ""},
		{"acts as one of the shop", grants, claims.Request{Role: claims.Caller, Actor: "bank", As: "shop.1"}, ""},
		{"acts as bob", grants, claims.Request{Role: claims.Caller, Actor: "bank", As: "bob"}, `caller on "bank" as "bob" is needed`},
		{"acts as alice elsewhere", grants, claims.Request{Role: claims.Caller, Actor: "vault", As: "alice"}, `caller on "vault" as "alice" is needed`},
		{"acts as alice by a grant without names", grants[:1], claims.Request{Role: claims.Reader, As: "alice"}, `the grant of this key is reader on all actors, and reader as "alice" is needed`},
		{"deploys", grants, claims.Request{Role: claims.Deployer, Actor: "test.1"}, ""},
		{"a deployer calls", grants, claims.Request{Role: claims.Caller, Actor: "test.1"}, ""},
		{"deploys elsewhere", grants, claims.Request{Role: claims.Deployer, Actor: "bank"}, `the grant of this key is deployer on "test.*" until 2026-11-21T13:00:00Z`},
		{"deploys until then", grants, claims.Request{Role: claims.Deployer, Actor: "test.1", Now: until.Add(-1)}, ""},
		{"deploys no more", grants[2:], claims.Request{Role: claims.Deployer, Actor: "test.1", Now: until}, "has ended: it was deployer"},
		{"grants", grants, claims.Request{Role: claims.Operator, Actor: claims.Everything}, "operator on all actors is needed"},
		{"an operator grants", operator, claims.Request{Role: claims.Operator, Actor: claims.Everything}, ""},
		{"an operator acts as anybody", operator, claims.Request{Role: claims.Caller, Actor: "bank", As: "bob"}, ""},
		{"an operator acts as the system", operator, claims.Request{Role: claims.Caller, As: "troupe.access"}, "belong to the system"},
		{"an operator acts as a key", operator, claims.Request{Role: claims.Caller, As: alice(t).Public()}, "but its holder"},
		{"an operator acts as a node", operator, claims.Request{Role: claims.Caller, As: node(t).Public()}, "but its holder"},
		{"a key with a line break", operator, claims.Request{Role: claims.Caller, As: alice(t).Public() + "\n"}, "but its holder"},
		{"an operator of some actors grants", limited, claims.Request{Role: claims.Operator, Actor: claims.Everything}, "operator on all actors is needed"},
		{"an operator of some actors pauses one", limited, claims.Request{Role: claims.Operator, Actor: "test.1"}, ""},
		{"nobody", nil, claims.Request{Role: claims.Reader}, "this key has no grant, and needs one of reader: ask an operator"},
		{"nobody, by key", nil, claims.Request{Role: claims.Reader, Subject: alice(t).Public()}, claims.Short(alice(t).Public()) + " has no grant"},
		{"nobody, by a hostile name", nil, claims.Request{Role: claims.Reader, Subject: "x\ny", Actor: "a\nb"}, `"x\ny" has no grant, and needs one of reader on "a\nb"`},
		{"no role", operator, claims.Request{}, "is not a role"},
		{"an unknown role", operator, claims.Request{Role: "root"}, "is not a role"},
		{"a grant of an unknown role", []claims.Grant{{Role: "root"}}, claims.Request{Role: claims.Reader}, "reader is needed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.r.Now.IsZero() {
				row.r.Now = now
			}
			err := claims.Decide(row.grants, row.r)
			if row.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, claims.Forbidden, row.want)
		})
	}
}

func TestGrantsAreKept(t *testing.T) {
	many := make([]string, claims.MaxPatterns)
	for i := range many {
		many[i] = fmt.Sprintf("kind/%d*", i)
	}
	for _, want := range [][]claims.Grant{
		{},
		{{Role: claims.Reader}},
		{{Role: claims.Operator, Name: "Zoë", Actors: many, As: many, Until: now}, {Role: claims.Caller, As: []string{"*"}}},
		make([]claims.Grant, claims.MaxGrants),
	} {
		for i := range want {
			if want[i].Role == "" {
				want[i].Role = claims.Reader
			}
		}
		b, err := claims.EncodeGrants(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := claims.DecodeGrants(b)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
		}
	}
}

func TestGrantsRefused(t *testing.T) {
	many := make([]string, claims.MaxPatterns+1)
	for i := range many {
		many[i] = "a"
	}
	for _, row := range []struct {
		name   string
		grant  claims.Grant
		reason claims.Reason
		want   string
	}{
		{"no role", claims.Grant{}, claims.Malformed, "is not a role"},
		{"unknown role", claims.Grant{Role: "root"}, claims.Malformed, `"root" is not a role`},
		{"long name", claims.Grant{Role: claims.Reader, Name: strings.Repeat("x", 65)}, claims.TooLarge, "65 bytes"},
		{"name with a line break", claims.Grant{Role: claims.Reader, Name: "a\nb"}, claims.Malformed, "control character"},
		{"too many actors", claims.Grant{Role: claims.Reader, Actors: many}, claims.TooLarge, "at most 64"},
		{"too many names", claims.Grant{Role: claims.Reader, As: many}, claims.TooLarge, "at most 64"},
		{"star within", claims.Grant{Role: claims.Reader, Actors: []string{"a*/b"}}, claims.Malformed, "at the end only"},
		{"two stars", claims.Grant{Role: claims.Reader, Actors: []string{"a**"}}, claims.Malformed, "at the end only"},
		{"empty pattern", claims.Grant{Role: claims.Reader, As: []string{""}}, claims.Malformed, "cover nothing"},
		{"long pattern", claims.Grant{Role: claims.Reader, As: []string{strings.Repeat("x", 387)}}, claims.TooLarge, "387 bytes"},
		{"not UTF-8", claims.Grant{Role: claims.Reader, As: []string{"\xff"}}, claims.Malformed, "UTF-8"},
		{"before 1970", claims.Grant{Role: claims.Reader, Until: time.Unix(0, 0)}, claims.Malformed, "before 1970"},
		{"far end", claims.Grant{Role: claims.Reader, Until: now.AddDate(9000, 0, 0)}, claims.Malformed, "year 9999"},
	} {
		t.Run(row.name, func(t *testing.T) {
			refused(t, row.grant.Validate(), row.reason, row.want)
			b, err := claims.EncodeGrants([]claims.Grant{row.grant})
			refused(t, err, row.reason, row.want)
			if b != nil {
				t.Errorf("with the refusal came %x", b)
			}
		})
	}
	_, err := claims.EncodeGrants(make([]claims.Grant, claims.MaxGrants+1))
	refused(t, err, claims.TooLarge, "at most 64")
}

func TestDecodeGrantsRefuses(t *testing.T) {
	none := []string{}
	good := encode(t, []any{[]any{"reader", "", none, none, 0}})
	if _, err := claims.DecodeGrants(good); err != nil {
		t.Fatal(err)
	}
	many := make([]any, claims.MaxGrants+1)
	for i := range many {
		many[i] = []any{"reader", "", none, none, 0}
	}
	for _, row := range []struct {
		name   string
		b      []byte
		reason claims.Reason
	}{
		{"nothing", nil, claims.Malformed},
		{"null", []byte{0xf6}, claims.Malformed},
		{"a map", []byte{0xa0}, claims.Malformed},
		{"a field too few", encode(t, []any{[]any{"reader", "", none, none}}), claims.Malformed},
		{"a field too many", encode(t, []any{[]any{"reader", "", none, none, 0, 0}}), claims.Malformed},
		{"null patterns", encode(t, []any{[]any{"reader", "", nil, none, 0}}), claims.Malformed},
		{"unknown role", encode(t, []any{[]any{"root", "", none, none, 0}}), claims.Malformed},
		{"bad pattern", encode(t, []any{[]any{"reader", "", []string{"a*b"}, none, 0}}), claims.Malformed},
		{"negative end", encode(t, []any{[]any{"reader", "", none, none, -1}}), claims.Malformed},
		{"far end", encode(t, []any{[]any{"reader", "", none, none, uint64(1) << 63}}), claims.Malformed},
		{"tag", encode(t, cbor.Tag{Number: 1, Content: 1}), claims.Malformed},
		{"bytes behind", append(bytes.Clone(good), 0), claims.Malformed},
		{"indefinite", append(append([]byte{0x9f}, good[1:]...), 0xff), claims.Malformed},
		{"cut", good[:len(good)-1], claims.Malformed},
		{"longer head", append([]byte{0x98, 1}, good[1:]...), claims.Malformed},
		{"too many", encode(t, many), claims.TooLarge},
	} {
		t.Run(row.name, func(t *testing.T) {
			grants, err := claims.DecodeGrants(row.b)
			refused(t, err, row.reason, "")
			if grants != nil {
				t.Errorf("with the refusal came %v", grants)
			}
		})
	}
}
