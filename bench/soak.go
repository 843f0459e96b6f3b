package bench

import (
	"context"
	"io/fs"
	"path/filepath"
	"runtime/metrics"
	"time"
)

// Soak is what a long run does to memory, disk and latency.
type Soak struct {
	Samples []SoakSample `json:"samples"`
	// The slopes are those of straight lines through the second half of the samples, when caches are full: bytes a
	// minute, and microseconds a minute.
	HeapSlope float64 `json:"heap_bytes_per_min"`
	RSSSlope  float64 `json:"rss_bytes_per_min"`
	DiskSlope float64 `json:"disk_bytes_per_min"`
	P99Slope  float64 `json:"p99_us_per_min"`
}

// SoakSample is one moment of a long run.
type SoakSample struct {
	Seconds float64 `json:"s"`
	TxPerS  float64 `json:"tx_per_s"`
	P99     float64 `json:"p99_us"`
	// Heap is what was in use after the last collection, RSS what the process had of the machine's memory, 0 if that
	// cannot be known, and Disk the size of the directory.
	Heap uint64 `json:"heap_bytes"`
	RSS  uint64 `json:"rss_bytes"`
	Disk uint64 `json:"disk_bytes"`
}

// runSoak is the workload soak: transfers for all of Duration, with a sample after each of Runs slices, or after every
// sixtieth part if Runs is not set. Nothing settles in between.
func runSoak(ctx context.Context, c Config, p *progress) (Result, error) {
	return onBed(ctx, c, p, prepareTransfer, func(b *bed, j job) (Result, error) {
		j.load.rate = c.Rate
		m := newMeasurement(b, j)
		if err := m.warm(ctx, c.Warmup); err != nil {
			return Result{}, err
		}
		soak, begun := &Soak{}, time.Now()
		for i := range c.Runs {
			latency, err := m.busy(ctx, c.slice())
			if err != nil {
				return Result{}, err
			}
			s := SoakSample{Seconds: time.Since(begun).Seconds(), TxPerS: m.last().TxPerS, P99: latency.P99,
				Heap: liveHeap(), RSS: residentBytes(), Disk: sizeOf(c.Dir)}
			soak.Samples = append(soak.Samples, s)
			p.show("soak: %d of %d, %.0f/s, p99 %.0f µs, heap %d MB, disk %d MB", i+1, c.Runs, s.TxPerS, s.P99, s.Heap>>20, s.Disk>>20)
		}
		soak.fit()
		r := m.result("")
		r.Soak = soak
		return r, nil
	})
}

// fit computes the slopes.
func (s *Soak) fit() {
	half := s.Samples[len(s.Samples)/2:]
	of := func(y func(SoakSample) float64) float64 { return slope(half, y) * 60 }
	s.HeapSlope = of(func(s SoakSample) float64 { return float64(s.Heap) })
	s.RSSSlope = of(func(s SoakSample) float64 { return float64(s.RSS) })
	s.DiskSlope = of(func(s SoakSample) float64 { return float64(s.Disk) })
	s.P99Slope = of(func(s SoakSample) float64 { return s.P99 })
}

// slope is that of the line of least squares, a second.
func slope(list []SoakSample, y func(SoakSample) float64) float64 {
	var n, sx, sy, sxx, sxy float64
	for _, s := range list {
		n, sx, sy = n+1, sx+s.Seconds, sy+y(s)
		sxx, sxy = sxx+s.Seconds*s.Seconds, sxy+s.Seconds*y(s)
	}
	return ratio(n*sxy-sx*sy, n*sxx-sx*sx)
}

func liveHeap() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}

// sizeOf returns the size of the files below dir, none if it is empty. Files that vanish meanwhile do not count.
func sizeOf(dir string) (size uint64) {
	if dir == "" {
		return 0
	}
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			size += uint64(info.Size())
		}
		return nil
	})
	return size
}
