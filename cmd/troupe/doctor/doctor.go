package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/troupe-run/troupe/cmd/troupe/config"
)

// Status is how bad a finding is.
type Status string

// The statuses.
const (
	OK   Status = "ok"
	Warn Status = "warn" // it works, and may not for long
	Fail Status = "fail" // a node would not start, or not do its work
)

// A Finding is what was found out about one thing.
type Finding struct {
	Name   string `json:"check"`
	Status Status `json:"status"`
	Text   string `json:"text"`
	// Advice says what to do; it is empty if all is well.
	Advice string `json:"advice,omitempty"`
}

// Options say what to look at.
type Options struct {
	// Config is how the node is to be served; if it is nil, ConfigErr says what is wrong with it, and defaults are looked at.
	Config    *config.Config
	ConfigErr error
	// File is where the configuration comes from, empty for none.
	File string
	// Version is that of the program.
	Version string
	// Cache is the folder of compiled modules, empty if there is none.
	Cache string
	// Holder says who has a directory open.
	Holder func(dir string) string
	// Now is the time by the clock; time.Now if nil.
	Now func() time.Time
	// Free is state.DiskFree if nil.
	Free func(dir string) (uint64, error)
}

// Examine looks at everything, and returns its findings in an order for people.
func Examine(ctx context.Context, o Options) []Finding {
	e := &examination{Options: o}
	e.fill()
	for _, check := range []func(context.Context){
		e.configuration, e.versions, e.directory, e.space, e.fileSystem, e.store, e.keys, e.clock, e.ports, e.certificate, e.files, e.cache,
		e.backup,
	} {
		if ctx.Err() == nil {
			check(ctx)
		}
	}
	return e.found
}

// Failed reports whether any finding is a Fail.
func Failed(list []Finding) bool {
	for _, f := range list {
		if f.Status == Fail {
			return true
		}
	}
	return false
}

type examination struct {
	Options
	found []Finding
	// exists and running are about the data directory, and last is the time of the last transaction, if that is known.
	exists, running bool
	last            time.Time
}

func (e *examination) ok(name, format string, args ...any) {
	e.found = append(e.found, Finding{Name: name, Status: OK, Text: fmt.Sprintf(format, args...)})
}

func (e *examination) warn(name, advice, format string, args ...any) {
	e.found = append(e.found, Finding{Name: name, Status: Warn, Text: fmt.Sprintf(format, args...), Advice: advice})
}

func (e *examination) fail(name, advice, format string, args ...any) {
	e.found = append(e.found, Finding{Name: name, Status: Fail, Text: fmt.Sprintf(format, args...), Advice: advice})
}

// writable tries to make a file in a folder.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".troupe-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// short leaves out what the finding says anyway.
func short(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// size returns bytes as people read them.
func size(n uint64) string {
	for _, unit := range []struct {
		name string
		size uint64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= unit.size {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
