package runtime

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

func TestTally(t *testing.T) {
	a := &tallied{tally: new(tally)}
	call := func(of func() error) {
		defer func() { _ = recover() }()
		func() (err error) {
			defer a.count(time.Now(), &err)()
			return of()
		}()
	}
	call(func() error { return nil })
	call(func() error { return actor.Errorf("missing_link", "x") })
	call(func() error { return errors.New("plain") })
	call(func() error { panic("the host ends it") })
	a.tally.add("", time.Minute)
	got := a.tally.read()
	if n := len(got.Took); got.Took[n-1] != 1 || n != len(TallyBounds())+1 {
		t.Errorf("took %v", got.Took)
	}
	total := uint64(0)
	for _, n := range got.Took {
		total += n
	}
	if total != 5 || got.Time < time.Minute {
		t.Errorf("%d calls took %v", total, got.Time)
	}
	if len(got.Failed) != 3 || got.Failed["missing_link"] != 1 || got.Failed[actor.CodeFailed] != 1 || got.Failed[Ended] != 1 {
		t.Errorf("failed %v", got.Failed)
	}
	for i := range 100 {
		a.tally.add(fmt.Sprint("code", i), 0)
	}
	if got := a.tally.read().Failed; len(got) != maxCodes+1 || got[OtherCodes] != 79 {
		t.Errorf("%d codes, %d others", len(got), got[OtherCodes])
	}
}
