package lattice

import (
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// A job is a request that there is room for.
type job struct {
	op      api.Op
	call    *node.Call
	reply   string
	timeout time.Duration
	inside  *room
}

// workers are goroutines that stay when they are done: the stack that a request needs has to grow once, and not for each
// request, which took a quarter of its time. Nothing waits for them: if none is free there is one more.
type workers struct {
	jobs chan job
	quit <-chan struct{}
	do   func(job)
	idle atomic.Int64
}

// maxIdle bounds the goroutines that wait for work.
const maxIdle = 256

func (w *workers) run(j job) {
	select {
	case w.jobs <- j:
	default:
		go w.work(j)
	}
}

func (w *workers) work(j job) {
	for {
		w.do(j)
		if w.idle.Add(1) > maxIdle {
			w.idle.Add(-1)
			return
		}
		select {
		case j = <-w.jobs:
			w.idle.Add(-1)
		case <-w.quit:
			return
		}
	}
}
