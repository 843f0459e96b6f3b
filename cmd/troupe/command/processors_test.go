package command

import (
	goruntime "runtime"
	"testing"
)

func TestShareProcessors(t *testing.T) {
	before := goruntime.GOMAXPROCS(0)
	t.Setenv("GOMAXPROCS", "")
	undo := shareProcessors()
	if now := goruntime.GOMAXPROCS(0); now != 2*before {
		t.Errorf("%d goroutines run at a time, not %d", now, 2*before)
	}
	if undo(); goruntime.GOMAXPROCS(0) != before {
		t.Errorf("%d goroutines run at a time, not %d as before", goruntime.GOMAXPROCS(0), before)
	}
	t.Setenv("GOMAXPROCS", "3")
	defer shareProcessors()()
	if now := goruntime.GOMAXPROCS(0); now != before {
		t.Errorf("what GOMAXPROCS says was changed to %d", now)
	}
}
