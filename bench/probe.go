package bench

import (
	"os"
	"path/filepath"
	"time"
)

// SyncCost is what it takes to make bytes durable without any store: a write into a file that is there already, and a
// sync of its data. It is measured between the slices, in the same directory.
type SyncCost struct {
	// Bytes is how many: those of a group, or of a single transaction.
	Bytes int     `json:"bytes"`
	P50   float64 `json:"p50_us"`
	P99   float64 `json:"p99_us"`
	// LatencyInSyncs is the median latency of transactions, divided by P50, and OverSync the difference.
	LatencyInSyncs float64 `json:"latency_in_syncs"`
	OverSync       float64 `json:"over_sync_us"`
}

// probeSize is the length of the file that a probe writes around in.
const probeSize = 16 << 20

// A probe writes and syncs.
type probe struct {
	file   *os.File
	offset int64
	block  []byte
	times  *recorder
}

func newProbe(dir string) (*probe, error) {
	f, err := os.Create(filepath.Join(dir, "probe"))
	if err != nil {
		return nil, err
	}
	p := &probe{file: f, times: newRecorder()}
	if _, err = f.Write(make([]byte, probeSize)); err == nil {
		err = f.Sync()
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *probe) close() {
	p.file.Close() // what is in it does not matter
	os.Remove(p.file.Name())
}

// run writes and syncs so many bytes, again and again, for d.
func (p *probe) run(bytes int, d time.Duration) (slice, error) {
	p.block = append(p.block, make([]byte, max(bytes-len(p.block), 0))...)
	s, start := slice{}, time.Now()
	for s.elapsed = 0; s.elapsed < d; s.elapsed = time.Since(start) {
		if p.offset+int64(bytes) > probeSize {
			p.offset = 0
		}
		begun := time.Now()
		if _, err := p.file.WriteAt(p.block[:bytes], p.offset); err != nil {
			return s, err
		}
		if err := syncData(p.file); err != nil {
			return s, err
		}
		p.times.add(0, time.Since(begun))
		p.offset += int64(bytes)
		s.requests++
	}
	return s, nil
}

// cost returns what was measured, beside the median latency of transactions.
func (p *probe) cost(bytes int, latency float64) *SyncCost {
	l := latencyOf(p.times.take())
	return &SyncCost{Bytes: bytes, P50: l.P50, P99: l.P99, LatencyInSyncs: ratio(latency, l.P50), OverSync: latency - l.P50}
}
