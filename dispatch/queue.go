package dispatch

import "sync"

// queue holds admitted requests until the executor takes them, all at once.
type queue struct {
	mu     sync.Mutex
	list   []*pending
	bound  int
	err    error         // why nothing is admitted any more
	signal chan struct{} // has one element when list may not be empty, or err was set
}

func newQueue(bound int) *queue {
	return &queue{bound: bound, signal: make(chan struct{}, 1)}
}

// put admits a request. If the queue is full or closed it returns how many wait, and why.
func (q *queue) put(p *pending) (waiting int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return len(q.list), q.err
	}
	if len(q.list) >= q.bound {
		return len(q.list), ErrOverloaded
	}
	q.list = append(q.list, p)
	if len(q.list) == 1 {
		q.wake()
	}
	return len(q.list), nil
}

// back returns a request that was taken. It is never refused.
func (q *queue) back(p *pending) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list = append(q.list, p)
	q.wake()
}

// swap takes everything that waits, in order, and leaves the empty slice spare in its place. It reports whether the
// queue is closed: then nothing will come any more but what is given back.
func (q *queue) swap(spare []*pending) (list []*pending, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list, q.list = q.list, spare[:0]
	return list, q.err != nil
}

// close refuses further requests with err. What waits stays to be taken.
func (q *queue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
	q.wake()
}

func (q *queue) wake() {
	select {
	case q.signal <- struct{}{}:
	default:
	}
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list)
}
