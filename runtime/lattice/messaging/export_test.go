package messaging

import "time"

// SetAckTime lets streams take that long to acknowledge what is published. It is called before the Bus is used.
func (b *Bus) SetAckTime(d time.Duration) { b.ackTime = d }
