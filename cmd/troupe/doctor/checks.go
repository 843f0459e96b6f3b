package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/cmd/troupe/server"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/gateway"
	"github.com/troupe-run/troupe/state"
)

func (e *examination) fill() {
	if e.Now == nil {
		e.Now = time.Now
	}
	if e.Free == nil {
		e.Free = state.DiskFree
	}
	if e.Holder == nil {
		e.Holder = func(string) string { return "another process" }
	}
}

func (e *examination) configuration(context.Context) {
	switch {
	case e.Config == nil:
		e.Config = config.Default()
		e.fail("configuration", "correct it; 'troupe serve --reference' prints a file with all options. What follows is about the defaults", "%v", e.ConfigErr)
	case e.File == "":
		e.ok("configuration", "no file: defaults, variables and flags")
	default:
		e.ok("configuration", "%s", e.File)
	}
}

func (e *examination) versions(context.Context) {
	e.ok("versions", "program %s, store format %d, %s for %s/%s", e.Version, state.FormatVersion, goruntime.Version(), goruntime.GOOS, goruntime.GOARCH)
}

func (e *examination) directory(context.Context) {
	const name = "directory"
	dir := e.Config.Dir
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := writable(filepath.Dir(filepath.Clean(dir))); err != nil {
			e.fail(name, "make the directory, or name another one by --dir", "there is no %s, and it cannot be made: %s", dir, short(err))
			return
		}
		e.ok(name, "there is no %s yet: it is made when the node starts", dir)
		return
	case err != nil:
		e.fail(name, "give yourself the right to see it", "%s: %s", dir, short(err))
		return
	case !info.IsDir():
		e.fail(name, "name a directory by --dir", "%s is a file", dir)
		return
	}
	e.exists = true
	if err := writable(dir); err != nil {
		e.fail(name, "give the user who runs the node the right to write there: chown", "nothing can be written to %s: %s", dir, short(err))
		return
	}
	if open := othersWrite(info); open {
		e.warn(name, "chmod go-w "+dir, "others can write to %s", dir)
		return
	}
	e.ok(name, "%s can be read and written", dir)
}

// place returns the directory, or the one in which it will be made.
func (e *examination) place() string {
	if e.exists {
		return e.Config.Dir
	}
	return filepath.Dir(filepath.Clean(e.Config.Dir))
}

func (e *examination) space(context.Context) {
	const name = "disk space"
	free, err := e.Free(e.place())
	reserve := uint64(e.Config.Disk.Reserve)
	switch {
	case err != nil:
		e.warn(name, "look at it yourself: df", "%s", short(err))
	case free < reserve:
		e.fail(name, "make room, or make disk.reserve smaller: below it nothing is written", "%s are free, and %s stay reserved", size(free), size(reserve))
	case free < 2*reserve:
		e.warn(name, "make room, or let the log be pruned: retention.age, retention.size", "%s are free; below %s nothing is written", size(free), size(reserve))
	default:
		e.ok(name, "%s are free", size(free))
	}
}

func (e *examination) fileSystem(context.Context) {
	kind, trouble := fileSystem(e.place())
	switch {
	case kind == "":
	case trouble != "":
		e.warn("file system", trouble, "%s", kind)
	default:
		e.ok("file system", "%s", kind)
	}
}

func (e *examination) store(ctx context.Context) {
	const name = "store"
	if !e.exists {
		return
	}
	h, err := runtime.Open(e.Config.Dir, &runtime.Options{ReadOnly: true, Lazy: true})
	switch {
	case errors.Is(err, state.ErrLocked):
		e.running = true
		at, announced := server.Announced(e.Config.Dir)
		if announced == nil && at.PID != 0 {
			e.ok(name, "open in process %d, which serves it at %s", at.PID, at.URL)
			return
		}
		e.ok(name, "open in %s", e.Holder(e.Config.Dir))
		return
	case errors.Is(err, fs.ErrNotExist):
		e.ok(name, "there is none yet")
		return
	case errors.Is(err, state.ErrFormat):
		e.fail(name, "use the program that wrote it, or another directory", "%v", err)
		return
	case err != nil:
		e.fail(name, "restore a backup: 'troupe restore BACKUP --dir NEW'", "%v", err)
		return
	}
	defer h.Close()
	head, err := h.Reader().Head()
	if err == nil && head.Sequence > 0 {
		e.last = time.Unix(0, head.Time)
	}
	floor, floorErr := h.Reader().Floor()
	if err = errors.Join(err, floorErr); err != nil {
		e.fail(name, "restore a backup: 'troupe restore BACKUP --dir NEW'", "%v", err)
		return
	}
	if floor.Sequence > 0 {
		e.ok(name, "nobody has it open; %d transactions, of which those behind %d are kept", head.Sequence, floor.Sequence)
		return
	}
	e.ok(name, "nobody has it open; %d transactions", head.Sequence)
}

func (e *examination) keys(context.Context) {
	const name = "keys"
	dir := e.Config.Keys
	if dir == "" {
		var err error
		if dir, err = claims.DefaultKeysDir(); err != nil {
			e.fail(name, "name a folder by --keys or TROUPE_KEYS", "%v", err)
			return
		}
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		e.ok(name, "there is no %s yet: it is made with your key when the node starts", dir)
		return
	}
	keys, err := claims.OpenKeys(dir)
	if err == nil {
		_, err = keys.List()
	}
	if err != nil {
		e.fail(name, "let nobody but you read them: chmod 700 of the folder, chmod 600 of the files in it", "%v", err)
		return
	}
	e.ok(name, "%s is private", dir)
}

// Bounds of what a clock may do.
const (
	watched = 50 * time.Millisecond
	drift   = 20 * time.Millisecond // in that time
	ahead   = 30 * time.Second      // what signed requests are allowed, too
)

func (e *examination) clock(ctx context.Context) {
	const name = "clock"
	start, now := time.Now(), e.Now()
	select {
	case <-ctx.Done():
	case <-time.After(watched):
	}
	// Round takes away what is monotonic.
	jumped := e.Now().Round(0).Sub(now.Round(0)) - time.Since(start)
	switch {
	case jumped.Abs() > drift:
		e.warn(name, "see what sets it: time should be slewed, not stepped", "it jumped by %s while it was looked at", jumped.Round(time.Millisecond))
	case now.Year() < 2025:
		e.fail(name, "set it: signed requests and tokens are judged by it", "it says %s", now.UTC().Format(time.RFC3339))
	case e.last.After(now.Add(ahead)):
		e.warn(name, "set the clock if it is slow. If it was fast for a while, nothing is lost: transactions keep the time of the last one until it is reached",
			"the last transaction is from %s, and it is %s", e.last.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	default:
		e.ok(name, "%s", now.UTC().Format(time.RFC3339))
	}
}

func (e *examination) ports(context.Context) {
	for _, p := range []struct{ name, option, addr string }{
		{"HTTP", "http.listen", e.Config.HTTP.Listen}, {"NATS", "nats.listen", e.Config.NATS.Listen},
	} {
		name := "port of " + p.name
		if p.addr == "off" || p.addr == "" || p.name == "NATS" && e.Config.NATS.URL != "" {
			continue
		}
		l, err := gateway.Listen(p.addr, gateway.ListenOptions{Insecure: true})
		var taken *gateway.TakenError
		switch {
		case err == nil:
			_ = l.Close()
			e.wide(name, p.name, p.addr)
		case errors.As(err, &taken) && e.running && e.announced(taken.PID):
			e.ok(name, "%s is taken by the node that runs", p.addr)
		case errors.As(err, &taken):
			e.fail(name, "stop it, or choose another port by "+p.option, "%v", err)
		default:
			e.fail(name, "correct "+p.option, "%v", err)
		}
	}
}

// announced reports whether the node of the directory says that it is that process.
func (e *examination) announced(pid int) bool {
	at, err := server.Announced(e.Config.Dir)
	return err == nil && (pid == 0 || at.PID == pid)
}

// wide judges an address that is free.
func (e *examination) wide(name, what, addr string) {
	c := &e.Config.HTTP
	l, err := gateway.Listen(addr, gateway.ListenOptions{Insecure: what != "HTTP" || c.Insecure || c.Cert != ""})
	switch {
	case errors.Is(err, gateway.ErrWide):
		e.fail(name, "give http.cert and http.key, listen on 127.0.0.1, or say http.insecure", "%s is for other machines, and has no TLS", addr)
		return
	case err == nil:
		_ = l.Close()
	}
	if what == "HTTP" && c.Insecure && c.Cert == "" {
		e.warn(name, "give http.cert and http.key, unless something in front speaks TLS", "%s is free, and without TLS", addr)
		return
	}
	e.ok(name, "%s is free", addr)
}

func (e *examination) certificate(context.Context) {
	const name = "certificate"
	c := &e.Config.HTTP
	if c.Cert == "" {
		return
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	switch {
	case err != nil:
		e.fail(name, "give a certificate and its key by http.cert and http.key", "%v", err)
	case pair.Leaf.NotAfter.Before(e.Now()):
		e.fail(name, "renew it: the node takes the new one by itself", "it has expired on %s", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	case pair.Leaf.NotAfter.Before(e.Now().Add(14 * 24 * time.Hour)):
		e.warn(name, "renew it: the node takes the new one by itself", "it expires on %s", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	default:
		e.ok(name, "good until %s", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	}
}

func (e *examination) files(context.Context) {
	const enough = 4096
	switch n, known := openFiles(); {
	case !known:
	case n < enough:
		e.warn("open files", "raise it: ulimit -n, or LimitNOFILE of the unit", "a process may open %d files and connections", n)
	default:
		e.ok("open files", "a process may open %d files and connections", n)
	}
}

func (e *examination) cache(context.Context) {
	const name = "cache"
	if e.Cache == "" {
		e.warn(name, "name a folder by TROUPE_CACHE: without, modules are compiled whenever a node starts", "there is no folder for compiled modules")
		return
	}
	if err := writable(e.Cache); err != nil {
		e.warn(name, "give yourself the right to write there, or name another folder by TROUPE_CACHE", "%s: %s", e.Cache, short(err))
		return
	}
	e.ok(name, "%s", e.Cache)
}

// oldBackup is when a backup is too old to lean on.
const oldBackup = 7 * 24 * time.Hour

func (e *examination) backup(context.Context) {
	const name = "backup"
	dir := e.Config.Backup.Dir
	if dir == "" {
		e.warn(name, "name a folder by backup.dir, and call 'troupe backup --server' now and then", "there is no folder for backups")
		return
	}
	entries, err := os.ReadDir(dir)
	if err == nil {
		err = writable(dir)
	}
	if err != nil {
		e.fail(name, "make the folder, and give the user who runs the node the right to write there", "%s: %s", dir, short(err))
		return
	}
	var last time.Time
	var which string
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && entry.IsDir() && info.ModTime().After(last) {
			last, which = info.ModTime(), entry.Name()
		}
	}
	switch age := e.Now().Sub(last); {
	case which == "":
		e.warn(name, "make one: 'troupe backup --server'", "there is none in %s yet", dir)
	case age > oldBackup:
		e.warn(name, "make one: 'troupe backup --server'", "the last one, %s, is from %s", which, last.UTC().Format(time.DateOnly))
	default:
		e.ok(name, "the last one, %s, is from %s", which, last.UTC().Format(time.RFC3339))
	}
}
