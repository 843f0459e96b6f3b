package claims_test

import (
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

func BenchmarkSeal(b *testing.B) {
	key, e := alice(b), envelope(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := claims.Seal(key, e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenEnvelope(b *testing.B) {
	sealed := seal(b, envelope(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := claims.OpenEnvelope(sealed); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify is the part of OpenEnvelope and OpenToken that nothing can make cheaper.
func BenchmarkVerify(b *testing.B) {
	signature := must(alice(b).Sign(body))
	public := alice(b).Public()
	b.ReportAllocs()
	for b.Loop() {
		if err := claims.Verify(public, claims.UserKey, body, signature); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenEnvelopeForm is the cost of what a flood of nonsense meets before any signature is checked.
func BenchmarkOpenEnvelopeForm(b *testing.B) {
	sealed := sign(b, alice(b), encode(b, replaced(wire(b), 9, make([]byte, 16))))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := claims.OpenEnvelope(sealed); err == nil {
			b.Fatal("opened")
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	e := envelope(b)
	audience := e.Audience
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Check(audience, "send", body, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignToken(b *testing.B) {
	key, tok := alice(b), token(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := claims.SignToken(key, tok); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenToken(b *testing.B) {
	text := signToken(b, token(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := claims.OpenToken(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReplays admits 20,000 requests a second that are valid for a minute: the memory holds 1.2 million of them.
func BenchmarkReplays(b *testing.B) {
	r := claims.NewReplays(now, 2<<20)
	n := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		n++
		at := now.Add(time.Duration(n) * 50 * time.Microsecond)
		if err := r.Admit(hash(n), at, at.Add(time.Minute), at); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	grants := []claims.Grant{{Role: claims.Reader}, {Role: claims.Caller, Actors: []string{"account/*", "bank"}, As: []string{"alice"}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := claims.Decide(grants, claims.Request{Role: claims.Caller, Actor: "bank", As: "alice", Now: now}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeGrants(b *testing.B) {
	encoded, err := claims.EncodeGrants([]claims.Grant{{Role: claims.Reader}, {Role: claims.Caller, Actors: []string{"account/*", "bank"}, As: []string{"alice"}}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := claims.DecodeGrants(encoded); err != nil {
			b.Fatal(err)
		}
	}
}
