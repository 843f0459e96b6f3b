package runtime

import (
	"context"
	"log/slog"

	"github.com/troupe-run/troupe/dispatch"
)

// said returns what is told what actors have said: the logger, and then next, which may be nil.
func (h *Host) said(next func(dispatch.Said)) func(dispatch.Said) {
	return func(s dispatch.Said) {
		for _, line := range s.Lines {
			h.log.Log(context.Background(), levelOf(line.Level), line.Text, "actor", line.Actor, "seq", s.Sequence, "committed", s.Committed)
		}
		if next != nil {
			next(s)
		}
	}
}

// levelOf returns the level of a logger for the word of an actor. What it does not know is for information.
func levelOf(word string) slog.Level {
	switch word {
	case "trace":
		return slog.LevelDebug - 4
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	case "critical":
		return slog.LevelError + 4
	}
	return slog.LevelInfo
}
