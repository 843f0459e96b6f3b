package doctor

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
)

// healthy are options with which everything is well.
func healthy(t *testing.T) Options {
	c := config.Default()
	base := t.TempDir()
	c.Dir, c.Keys, c.Backup.Dir, c.HTTP.Listen, c.NATS.Listen = filepath.Join(base, "data"), filepath.Join(base, "keys"), filepath.Join(base, "backups"), "127.0.0.1:0", "off"
	for _, dir := range []string{c.Keys, filepath.Join(c.Backup.Dir, "monday")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return Options{Config: c, Version: "v1", Cache: base, Free: func(string) (uint64, error) { return 1 << 40, nil }}
}

func open(t *testing.T, dir string, clock func() time.Time) *runtime.Host {
	t.Helper()
	h, err := runtime.Open(dir, &runtime.Options{Executor: dispatch.Options{Clock: clock}})
	if err == nil {
		err = h.Bind("puppet", puppet.Actor{})
	}
	if err == nil {
		_, err = h.Send(t.Context(), "tester", actor.Message{To: "puppet/a", Body: []byte("set k=v")})
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestExamine(t *testing.T) {
	for _, tt := range []struct {
		check   string
		status  Status
		text    string
		prepare func(t *testing.T, o *Options)
	}{
		{"configuration", OK, "no file", nil},
		{"configuration", Fail, "node.yaml:1:1: there is no option", func(t *testing.T, o *Options) {
			o.Config, o.ConfigErr = nil, errors.New("node.yaml:1:1: there is no option")
		}},
		{"versions", OK, "program v1, store format 2, go", nil},
		{"directory", OK, "it is made when the node starts", nil},
		{"directory", Fail, "is a file", func(t *testing.T, o *Options) { write(t, o.Config.Dir) }},
		{"directory", Fail, "cannot be made", func(t *testing.T, o *Options) { o.Config.Dir = filepath.Join(o.Config.Dir, "a", "b") }},
		{"directory", Warn, "others can write", func(t *testing.T, o *Options) {
			if err := errors.Join(os.Mkdir(o.Config.Dir, 0o700), os.Chmod(o.Config.Dir, 0o777)); err != nil {
				t.Fatal(err)
			}
		}},
		{"disk space", OK, "1.0 TiB are free", nil},
		{"disk space", Warn, "below 256.0 MiB nothing is written", free(300 << 20)},
		{"disk space", Fail, "100.0 MiB are free, and 256.0 MiB stay reserved", free(100 << 20)},
		{"store", OK, "nobody has it open; 3 transactions", func(t *testing.T, o *Options) { open(t, o.Config.Dir, nil).Close() }},
		{"store", OK, "open in somebody", func(t *testing.T, o *Options) {
			h := open(t, o.Config.Dir, nil)
			t.Cleanup(func() { h.Close() })
			o.Holder = func(string) string { return "somebody" }
		}},
		{"store", Fail, "corrupt", func(t *testing.T, o *Options) {
			open(t, o.Config.Dir, nil).Close()
			logs, _ := filepath.Glob(filepath.Join(o.Config.Dir, "*.log"))
			write(t, logs[0])
		}},
		{"keys", OK, "is private", nil},
		{"keys", Fail, "chmod", func(t *testing.T, o *Options) {
			if err := os.Chmod(o.Config.Keys, 0o755); err != nil {
				t.Fatal(err)
			}
		}},
		{"clock", OK, "20", nil},
		{"clock", Fail, "2001-", func(t *testing.T, o *Options) {
			o.Now = func() time.Time { return time.Now().AddDate(2001-time.Now().Year(), 0, 0) }
		}},
		{"clock", Warn, "the last transaction is from ", func(t *testing.T, o *Options) {
			open(t, o.Config.Dir, func() time.Time { return time.Now().Add(time.Hour) }).Close()
		}},
		{"port of HTTP", OK, "is free", nil},
		{"port of HTTP", Fail, "is taken by ", func(t *testing.T, o *Options) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			o.Config.HTTP.Listen = l.Addr().String()
		}},
		{"port of HTTP", Fail, "has no TLS", func(t *testing.T, o *Options) { o.Config.HTTP.Listen = "0.0.0.0:0" }},
		{"certificate", Fail, "no such file", func(t *testing.T, o *Options) { o.Config.HTTP.Cert, o.Config.HTTP.Key = "none.pem", "none.key" }},
		{"cache", Warn, "there is no folder", func(t *testing.T, o *Options) { o.Cache = "" }},
		{"backup", OK, "the last one, monday, is from ", nil},
		{"backup", Warn, "there is no folder", func(t *testing.T, o *Options) { o.Config.Backup.Dir = "" }},
		{"backup", Warn, "the last one, monday, is from ", func(t *testing.T, o *Options) {
			o.Now = func() time.Time { return time.Now().AddDate(0, 1, 0) }
		}},
	} {
		t.Run(tt.check+" "+string(tt.status), func(t *testing.T) {
			o := healthy(t)
			if tt.prepare != nil {
				tt.prepare(t, &o)
			}
			list := Examine(t.Context(), o)
			for _, f := range list {
				if (f.Status == OK) != (f.Advice == "") {
					t.Errorf("%+v", f)
				}
				if f.Name == tt.check && f.Status == tt.status && strings.Contains(f.Text, tt.text) {
					if Failed(list) != (tt.status == Fail) {
						t.Errorf("%+v", list)
					}
					return
				}
			}
			t.Errorf("%+v", list)
		})
	}
}

func free(n uint64) func(*testing.T, *Options) {
	return func(_ *testing.T, o *Options) { o.Free = func(string) (uint64, error) { return n, nil } }
}

func write(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
}
