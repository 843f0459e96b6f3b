package messaging

import (
	"log/slog"
	"sync"
	"time"
)

// perSecond bounds the lines in a second about single messages: who sends them must not fill the log.
const perSecond = 10

// A complainer logs what becomes of single messages.
type complainer struct {
	log *slog.Logger

	mu      sync.Mutex
	second  int64
	said    int
	skipped uint64
}

func (c *complainer) warn(text string, attrs ...any) {
	c.mu.Lock()
	if now := time.Now().Unix(); now != c.second {
		c.second, c.said = now, 0
	}
	c.said++
	skip, skipped := c.said > perSecond, c.skipped
	if skip {
		c.skipped++
	} else {
		c.skipped = 0
	}
	c.mu.Unlock()
	if skip {
		return
	}
	if skipped > 0 {
		attrs = append(attrs, "skipped", skipped)
	}
	c.log.Warn(text, attrs...)
}
