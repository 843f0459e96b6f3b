package wasm

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestMemories writes to random places of memories of random images, and compares what a reset leaves with the image.
func TestMemories(t *testing.T) {
	forBackings(t, func(t *testing.T, b backing) {
		defer b.Free()
		r := rand.New(rand.NewPCG(1, 2))
		for round := range 15 {
			size := (1 + r.IntN(64)) << 16
			blank, err := b.Blank(size)
			if err != nil {
				t.Fatal(err)
			}
			end := r.IntN(size) // what lies above stays zero
			if round%5 == 0 {
				end = 0
			}
			scribble(r, blank.Bytes()[:end])
			want := bytes.Clone(blank.Bytes())
			img, err := b.Image(blank)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(blank.Bytes(), want) {
				t.Fatal("making an image has changed the memory")
			}
			blank.Free()
			if got := img.Bytes(); !bytes.Equal(got, want[:len(got)]) || used(want) > len(got) {
				t.Fatal("the image is not what was in memory")
			}
			first, err := img.Memory()
			if err != nil {
				t.Fatal(err)
			}
			second, err := img.Memory()
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				if !bytes.Equal(first.Bytes(), want) || !bytes.Equal(second.Bytes(), want) {
					t.Fatal("memory is not that of the image")
				}
				scribble(r, first.Bytes())
				if r.IntN(10) == 0 {
					for i := range first.Bytes() {
						first.Bytes()[i] |= 1
					}
				}
				if err := first.Reset(); err != nil {
					t.Fatal(err)
				}
			}
			first.Free()
			second.Free()
			img.Free()
		}
	})
}

// scribble writes a few runs of bytes.
func scribble(r *rand.Rand, b []byte) {
	for range r.IntN(8) {
		if len(b) == 0 {
			return
		}
		from := r.IntN(len(b))
		for i := from; i < min(len(b), from+r.IntN(20000)); i++ {
			b[i] = byte(r.Uint32())
		}
	}
}

// forBackings runs a test with each backing of this system, which the test frees.
func forBackings(t *testing.T, test func(t *testing.T, b backing)) {
	t.Run("copy", func(t *testing.T) { test(t, copying{}) })
	for name, b := range systemBackings(t) {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}
