package bench

import (
	goruntime "runtime"
	"slices"
	"time"
)

// Result is what a run found. Which fields are set depends on the workload.
type Result struct {
	Workload string `json:"workload"`
	// Tx is the number of transactions, or queries, that were measured, and TxPerS the median of the slices.
	Tx      uint64  `json:"tx"`
	TxPerS  float64 `json:"tx_per_s"`
	Latency Latency `json:"latency_us"`
	// Durability is "fsync" if every transaction was on disk before it was answered, otherwise "memory".
	Durability string  `json:"durability"`
	Cores      int     `json:"cores"`
	Clients    int     `json:"clients"`
	Rate       float64 `json:"rate,omitempty"` // of the open loop
	Keys       int     `json:"keys"`
	Zipf       float64 `json:"zipf"`
	Go         string  `json:"go"`
	// GroupSizeMean is how many transactions became durable together.
	GroupSizeMean float64 `json:"group_size_mean,omitempty"`
	// AllocsPerTx and BytesPerTx are what the process allocated in memory, clients included.
	AllocsPerTx float64 `json:"allocs_per_tx"`
	BytesPerTx  float64 `json:"bytes_per_tx"`
	// ProcessorPerTx is the time of processors that a transaction took, in microseconds, clients and compactions
	// included. It tells more than TxPerS when others use the machine, too.
	ProcessorPerTx float64 `json:"cpu_us_per_tx,omitempty"`
	// RowsPerTx and RowBytesPerTx are what a transaction left in the store.
	RowsPerTx     float64 `json:"rows_per_tx,omitempty"`
	RowBytesPerTx float64 `json:"row_bytes_per_tx,omitempty"`
	// Ratio is TxPerS by that of the baseline.
	Baseline *Baseline `json:"baseline,omitempty"`
	Ratio    float64   `json:"ratio,omitempty"`
	// FullTxPerS is what the closed loop did, where Rate is half of that.
	FullTxPerS float64   `json:"full_tx_per_s,omitempty"`
	Sync       *SyncCost `json:"sync,omitempty"`
	Queries    *Queries  `json:"queries,omitempty"`
	// Submessages and Rollbacks are of the workload submessage.
	Submessages []SubmessageCost `json:"submessages,omitempty"`
	Rollbacks   []RollbackCost   `json:"rollbacks,omitempty"`
	Opening     *Opening         `json:"opening,omitempty"`
	Soak        *Soak            `json:"soak,omitempty"`
	Guests      *Guests          `json:"guests,omitempty"`
	Classic     *Classic         `json:"classic,omitempty"`
	Network     *Network         `json:"network,omitempty"`
	Start       *Start           `json:"start,omitempty"`
	// Slices tell how noisy the machine was.
	Slices []SliceRates `json:"slices,omitempty"`
}

// SliceRates are the transactions per second of one slice and of the slice of the baseline beside it.
type SliceRates struct {
	TxPerS   float64 `json:"tx_per_s"`
	Baseline float64 `json:"baseline,omitempty"`
}

func newResult(c Config) Result {
	return Result{Workload: c.Workload, Durability: c.durability(), Cores: cores(), Clients: c.Clients, Rate: c.Rate,
		Keys: c.Keys, Zipf: c.Zipf, Go: goruntime.Version()}
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// usage counts what the process uses: processors, and memory that it allocates.
type usage struct {
	objects, bytes uint64
	processors     time.Duration
}

func (u *usage) measure(work func() error) error {
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	begun := processorTime()
	err := work()
	u.processors += processorTime() - begun
	goruntime.ReadMemStats(&after)
	u.objects += after.Mallocs - before.Mallocs
	u.bytes += after.TotalAlloc - before.TotalAlloc
	return err
}

// processorPer is the time of processors for one of so many, in microseconds.
func (u *usage) processorPer(n uint64) float64 {
	return ratio(float64(u.processors)/1e3, float64(n))
}

// spent fills in what was used for the transactions of r.
func (r *Result) spent(u usage) {
	tx := float64(r.Tx)
	r.AllocsPerTx, r.BytesPerTx = ratio(float64(u.objects), tx), ratio(float64(u.bytes), tx)
	r.ProcessorPerTx = u.processorPer(r.Tx)
}
