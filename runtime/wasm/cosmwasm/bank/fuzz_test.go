package bank_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// FuzzBodies gives any body to any entry point of a bank in which a few have something. Whatever comes, it does not
// panic, fails with an error for actors, answers in JSON, and leaves books that are right.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{
		`{"send":{"to_address":"bob","amount":[{"denom":"foo","amount":"1"},{"denom":"bar","amount":"2"}]}}`,
		`{"burn":{"amount":[{"denom":"foo","amount":"10"}]}}`, `{"send":{"amount":[]}}`, `{"Send":null,"burn":{"amount":null}}`,
		`{"mint":{"to_address":"bob","amount":[{"denom":"foo","amount":"115792089237316195423570985008687907853269984665640564039457584007913129639930"}]}}`,
		`{"set_send_enabled":{"denom":"foo","enabled":false}}`, `{"set_default_send_enabled":{"enabled":false}}`,
		`{"set_metadata":{"base":"foo","denom_units":[{"denom":"foo","exponent":0,"aliases":null}]}}`, `{"block_address":{"address":"bob","blocked":true}}`,
		`{"balance":{"address":"alice","denom":"foo"}}`, `{"all_balances":{"address":"alice"}}`, `{"supply":{"denom":"foo"}}`,
		`{"denom_metadata":{"denom":"foo"}}`, `{"all_denom_metadata":{"pagination":{"key":"Zm9v","limit":1,"reverse":true}}}`,
		`{"denom_owners":{"denom":"foo","pagination":{"key":"Ym9i"}}}`, `{"send_enabled":{"denom":"foo"}}`,
		`{"genesis":{"balances":[{"address":"dave","coins":[{"denom":"foo","amount":"1"}]}],"supply":[],"params":{"default_send_enabled":true}}}`, ``, `null`, `[[`,
	} {
		for entry := range byte(4) {
			f.Add(entry, s)
		}
	}
	const genesis = `{"balances": [{"address": "alice", "coins": [{"denom": "foo", "amount": "10"}, {"denom": "bar", "amount": "5"}]},
		{"address": "bob", "coins": [{"denom": "foo", "amount": "1"}]}], "denom_metadata": [{"base": "foo"}, {"base": "bar"}]}`
	f.Fuzz(func(t *testing.T, entry byte, body string) {
		for _, module := range []actor.Address{"", "wasm"} {
			r := newRunner(&bank.Options{Module: module})
			if _, err := r.run(r.bank.Sudo, "", actor.Message{Body: []byte(`{"genesis": ` + genesis + `}`)}); err != nil {
				t.Fatal(err)
			}
			var answer string
			var err error
			msg := actor.Message{Body: []byte(body)}
			switch entry % 4 {
			case 0:
				_, err = r.run(r.bank.Execute, "alice", msg)
			case 1:
				_, err = r.run(r.bank.Sudo, "", msg)
			case 2:
				r.state = new(actor.MemState)
				if _, err = r.run(r.bank.Instantiate, "alice", msg); err != nil {
					_, err = r.run(r.bank.Sudo, "", msg)
				}
			case 3:
				if answer, err = r.query(body); err == nil && !json.Valid([]byte(answer)) {
					t.Fatalf("%q is no JSON", answer)
				}
			}
			var e *actor.Error
			if err != nil && (!errors.As(err, &e) || e.Code == bank.CodeCorruptState || e.Message == "") {
				t.Fatalf("%v is no error for actors", err)
			}
			if err := audit(r.state); err != nil {
				t.Fatal(err)
			}
		}
	})
}

var denomForm = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9/:._-]{2,127}$`)

// FuzzParseCoins compares what is taken, and as what, with the words of the specification.
func FuzzParseCoins(f *testing.F) {
	f.Add("foo", "1", "bar", "2")
	f.Add("foo", "0x1f", "foo", "-1")
	f.Add("fo", "1_0", "ibc/ABC", "0")
	f.Fuzz(func(t *testing.T, d1, a1, d2, a2 string) {
		got, err := bank.ParseCoins([]wire.Coin{{Denom: d1, Amount: a1}, {Denom: d2, Amount: a2}})
		want := map[string]*big.Int{}
		for _, c := range [][2]string{{d1, a1}, {d2, a2}} {
			n, ok := new(big.Int).SetString(c[1], 0)
			if !ok || n.Sign() < 0 || n.BitLen() > 256 || !denomForm.MatchString(c[0]) || len(c[1]) > 1024 {
				want = nil
				break
			}
			if want[c[0]] != nil {
				n.Add(n, want[c[0]])
			}
			want[c[0]] = n
		}
		if n := want[d1]; n != nil && n.BitLen() > 256 {
			want = nil
		}
		if (err == nil) != (want != nil) {
			t.Fatalf("got %v, %v, want %v", got, err, want)
		}
		last := ""
		for _, c := range got {
			if c.Denom <= last || want[c.Denom].Cmp(c.Amount) != 0 || c.Amount.Sign() == 0 {
				t.Fatalf("got %v, want %v", got, want)
			}
			last = c.Denom
			delete(want, c.Denom)
		}
		for denom, n := range want {
			if n.Sign() != 0 {
				t.Fatalf("%s is missing in %v", denom, got)
			}
		}
		if err != nil {
			return
		}
		if again, err := bank.ParseCoins(got.Wire()); err != nil || again.String() != got.String() {
			t.Fatalf("%v becomes %v, %v", got, again, err)
		}
	})
}
