package actor

import (
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	for _, good := range []Address{"a", "0", "currency", "a.b-c_d", "account/alice", "account/Alice Émile", "k/世界", "k/a/b",
		Address(strings.Repeat("a", MaxName)), Address("k/" + strings.Repeat("x", MaxKey))} {
		if err := good.Validate(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for bad, why := range map[Address]string{
		"":             "a name is missing",
		"/x":           "a name is missing",
		"Alice":        "byte 1",
		"-a":           "byte 1",
		"a b":          "byte 2",
		"é":            "byte 1",
		"a/":           "at least one byte",
		"a/\x00":       "U+0000 stands at byte 1",
		"a/x\u202e":    "U+202E stands at byte 2",
		"a/\u00a0":     "U+00A0",
		"a/\ufffe":     "U+FFFE",
		"a/\U0010ffff": "U+10FFFF",
		"a/\xff":       "valid UTF-8",
		Address("k/" + strings.Repeat("x", MaxKey+1)): "has 257",
		Address(strings.Repeat("a", MaxName+1)):       "has 129",
	} {
		err := bad.Validate()
		if err == nil || !strings.Contains(err.Error(), why) || AsError(err).Code != CodeInvalidAddress {
			t.Errorf("%q: got %v, want %q", bad, err, why)
		}
	}
	if kind, key := Address("account/a/b").Kind(), Address("account/a/b").Key(); kind != "account" || key != "a/b" {
		t.Errorf("kind %q, key %q", kind, key)
	}
}

func TestValidDoesNotAllocate(t *testing.T) {
	for _, a := range []Address{"account/alice", "UABC", "a b"} {
		if n := testing.AllocsPerRun(100, func() { a.Valid() }); n != 0 {
			t.Errorf("%q: %v allocations", a, n)
		}
	}
}

func TestUnprintableIsSorted(t *testing.T) {
	last := rune(-1)
	for _, hidden := range unprintable {
		if hidden[0] <= last || hidden[1] < hidden[0] {
			t.Errorf("%U to %U is out of order", hidden[0], hidden[1])
		}
		last = hidden[1]
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("account/alice")
	f.Add("a/\xff")
	f.Fuzz(func(t *testing.T, s string) {
		a := Address(s)
		if (a.check() == "") != a.Valid() {
			t.Fatalf("%q: valid %v, but %q", s, a.Valid(), a.check())
		}
		if !a.Valid() {
			return
		}
		if a.ValidateSender() != nil && len(s) <= MaxKey {
			t.Errorf("%q is an actor and cannot send", s)
		}
		if joined := a.Kind() + "/" + a.Key(); a.Key() != "" && joined != s {
			t.Errorf("%q is %q and %q", s, a.Kind(), a.Key())
		}
	})
}
