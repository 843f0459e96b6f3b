package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Opening is how long it takes to open a directory that holds much.
type Opening struct {
	Rows      int    `json:"rows"`
	Actors    int    `json:"actors"`
	DiskBytes uint64 `json:"disk_bytes"`
	// BuildS is how long it took to fill it.
	BuildS float64 `json:"build_s"`
	// OpenMS is the median time to open it, and QueryMS that of the first query then.
	OpenMS  float64 `json:"open_ms"`
	QueryMS float64 `json:"query_ms"`
}

// rowsEach is how many rows an actor has.
const rowsEach = 1000

// runOpen is the workload open: it fills a directory with rows, without waiting for each group of them, and opens it
// again and again. Ten million rows take about 160 MB and, on two processors, a quarter of a minute.
func runOpen(ctx context.Context, c Config, p *progress) (Result, error) {
	if c.Dir == "" {
		return Result{}, errMemory
	}
	actors := max(c.Keys/rowsEach, 1)
	begun := time.Now()
	if err := createShelves(ctx, c, actors); err != nil {
		return Result{}, err
	}
	dir := filepath.Join(c.Dir, "host")
	size, err := fillShelves(ctx, dir, actors, c.Keys, bookKey, p)
	if err != nil {
		return Result{}, err
	}
	o := &Opening{Rows: c.Keys, Actors: actors, DiskBytes: size, BuildS: time.Since(begun).Seconds()}
	result := newResult(c)
	result.Clients, result.Opening = 1, o
	var opens, queries []float64
	for i := range c.Runs {
		p.show("open: %d of %d", i+1, c.Runs)
		open, query, err := openOnce(dir, i%actors)
		if err != nil {
			return Result{}, err
		}
		opens, queries = append(opens, open.Seconds()*1e3), append(queries, query.Seconds()*1e3)
		result.Tx++
	}
	o.OpenMS, o.QueryMS = median(opens), median(queries)
	result.TxPerS = ratio(1e3, o.OpenMS)
	return result, nil
}

func shelfAddress(i int) actor.Address { return actor.Address(fmt.Sprintf("shelf/%d", i)) }

// createShelves makes the actors, in the ordinary way.
func createShelves(ctx context.Context, c Config, actors int) error {
	b, err := openBed(c)
	if err != nil {
		return err
	}
	nothing := make([]byte, 16)
	for i := range actors {
		if _, err = b.host.Send(ctx, "bench", actor.Message{To: shelfAddress(i), Body: nothing}); err != nil {
			break
		}
	}
	return errors.Join(err, b.close())
}

// fillShelves writes the rows past the host, in groups of which none is waited for but the last. It returns the size of
// the directory. What a row has is asked for when it is written.
func fillShelves(ctx context.Context, dir string, actors, rows int, value func(i int) []byte, p *progress) (size uint64, err error) {
	store, err := state.Open(dir, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var last *state.Pending
	var key []byte
	for i := range actors {
		row, ok, err := partition.ReadActor(store, shelfAddress(i))
		if err != nil || !ok {
			return 0, errors.Join(err, fmt.Errorf("actor %s is missing", shelfAddress(i)))
		}
		batch := store.NewBatch()
		for j := i * rowsEach; j < min((i+1)*rowsEach, rows); j++ {
			key = partition.AppendState(key[:0], row.Number, bookKey(j))
			batch.Set(key, value(j))
		}
		if last != nil {
			if err := last.Wait(); err != nil {
				return 0, err
			}
		}
		if last, err = store.Apply(batch); err != nil {
			return 0, err
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if i%100 == 0 {
			p.show("filling: %d of %d rows", i*rowsEach, rows)
		}
	}
	if err := last.Wait(); err != nil {
		return 0, err
	}
	return store.Metrics().DiskBytes, nil
}

// openOnce opens the host, asks one of its actors, and closes it.
func openOnce(dir string, i int) (open, first time.Duration, err error) {
	begun := time.Now()
	h, err := runtime.Open(dir, nil)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if err := Bind(h); err != nil {
		return 0, 0, err
	}
	open, begun = time.Since(begun), time.Now()
	_, ok, err := h.Get(shelfAddress(i), bookKey(i*rowsEach))
	if err == nil && !ok {
		err = fmt.Errorf("%s lost a row", shelfAddress(i))
	}
	return open, time.Since(begun), err
}
