package state

import (
	"fmt"
	"testing"
)

// BenchmarkApply makes groups of transactions durable, four rows each, with one group under way while the next is built.
func BenchmarkApply(b *testing.B) {
	for _, disk := range []bool{false, true} {
		for _, group := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("disk=%t/group=%d", disk, group), func(b *testing.B) {
				dir := ""
				if disk {
					dir = b.TempDir()
				}
				s := openTest(b, dir, nil)
				defer s.Close()
				value, key := make([]byte, 200), []byte(nil)
				var before *Pending
				n := uint64(0)
				b.ReportAllocs()
				for b.Loop() {
					batch := s.NewBatch()
					for range group * 4 {
						n++
						key = Partition(0).AppendState(key[:0], n*7919%50_000, []byte("balance"))
						batch.Set(key, value)
					}
					p, err := s.Apply(batch)
					if err != nil {
						b.Fatal(err)
					}
					if before != nil {
						if err := before.Wait(); err != nil {
							b.Fatal(err)
						}
					}
					before = p
				}
				if before != nil {
					if err := before.Wait(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*group)/b.Elapsed().Seconds(), "tx/s")
			})
		}
	}
}

func BenchmarkRead(b *testing.B) {
	s := openTest(b, b.TempDir(), nil)
	defer s.Close()
	const actors = 100_000
	for i := range actors / 1000 {
		batch := s.NewBatch()
		for j := range 1000 {
			batch.Set(Partition(0).AppendState(nil, uint64(i*1000+j), []byte("balance")), make([]byte, 200))
		}
		p, err := s.Apply(batch)
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	var key []byte
	n := uint64(0)
	for name, suffix := range map[string]string{"hit": "balance", "miss": "nothing"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n++
				key = Partition(0).AppendState(key[:0], n*7919%actors, []byte(suffix))
				if _, _, err := s.Get(key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("snapshot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = s.Snapshot().Close()
		}
	})
	b.Run("iter20", func(b *testing.B) {
		b.ReportAllocs()
		lo, hi := Partition(0).Bounds(State)
		for b.Loop() {
			it, err := s.Iter(lo, hi)
			if err != nil {
				b.Fatal(err)
			}
			it.First()
			for range 20 {
				it.Next()
			}
			_ = it.Close()
		}
	})
}

func BenchmarkOpenMemory(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		s := openTest(b, "", nil)
		_ = s.Close()
	}
}

func BenchmarkReceipt(b *testing.B) {
	r := sampleReceipt()
	buf := r.Append(nil)
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = r.Seal(buf[:0], Hash{}, Hash{})
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = DecodeReceipt(buf)
		}
	})
}
