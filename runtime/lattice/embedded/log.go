package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// logger is what the server logs to. What any client can have it say is bounded.
type logger struct {
	to *slog.Logger

	mu      sync.Mutex
	failed  error
	second  int64
	said    int
	skipped uint64
}

// perSecond bounds the lines from the server in a second.
const perSecond = 10

func (l *logger) say(level slog.Level, format string, v []any) {
	if !l.to.Enabled(context.Background(), level) {
		return
	}
	l.mu.Lock()
	now := time.Now().Unix()
	if now != l.second {
		l.second, l.said = now, 0
	}
	l.said++
	skip, skipped := l.said > perSecond, l.skipped
	if skip {
		l.skipped++
	} else {
		l.skipped = 0
	}
	l.mu.Unlock()
	if skip {
		return
	}
	var attrs []slog.Attr
	if skipped > 0 {
		attrs = append(attrs, slog.Uint64("skipped", skipped))
	}
	l.to.LogAttrs(context.Background(), level, "NATS: "+fmt.Sprintf(format, v...), attrs...)
}

func (l *logger) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// Noticef implements server.Logger: what the server does when all is well is for who looks for something.
func (l *logger) Noticef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }

// Warnf implements server.Logger.
func (l *logger) Warnf(format string, v ...any) { l.say(slog.LevelWarn, format, v) }

// Errorf implements server.Logger. To the server a client that is not let in is an error.
func (l *logger) Errorf(format string, v ...any) { l.say(slog.LevelWarn, format, v) }

// Debugf implements server.Logger.
func (l *logger) Debugf(format string, v ...any) { l.say(slog.LevelDebug, format, v) }

// Tracef implements server.Logger.
func (l *logger) Tracef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }

// Fatalf implements server.Logger. The server does not end the process.
func (l *logger) Fatalf(format string, v ...any) {
	err := fmt.Errorf(format, v...)
	for _, arg := range v {
		if cause, ok := arg.(error); ok {
			err = cause
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = err
	}
}
