package binary

import "testing"

// The benchmarks take a guest as the Go toolchain builds it. Their rates are in bytes of the module, or of its code.

func BenchmarkParse(b *testing.B) {
	code := goGuest(b)
	b.SetBytes(int64(len(code)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(code); err != nil {
			b.Fatal(err)
		}
	}
}

func parsedGuest(b *testing.B) *Module {
	m, err := Parse(goGuest(b))
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for _, c := range m.Codes {
		n += len(c.Body)
	}
	b.SetBytes(int64(n))
	b.ReportAllocs()
	return m
}

func BenchmarkWalk(b *testing.B) {
	m := parsedGuest(b)
	n := 0
	count := func(Instr) error { n++; return nil }
	for b.Loop() {
		for i := range m.Codes {
			if err := Walk(m.Codes[i].Body, count); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	m := parsedGuest(b)
	for b.Loop() {
		if err := everything.Check(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	m := parsedGuest(b)
	b.SetBytes(int64(len(m.Encode())))
	for b.Loop() {
		m.Encode()
	}
}
