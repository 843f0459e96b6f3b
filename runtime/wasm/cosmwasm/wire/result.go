package wire

// Result is what instantiate, execute, migrate, sudo and reply answer. Use Failed to tell which it is.
type Result struct {
	Ok  *Response
	Err *string // nil if the answer has no error, or null in its place
}

// Failed returns the contract's error. An error that is not empty counts more than a response, as in wasmd. An answer
// that has neither a response nor an error text is an error, too, with an empty text (S71): wasmd crashes on it.
func (r *Result) Failed() (text string, failed bool) {
	if r.Err != nil && *r.Err != "" {
		return *r.Err, true
	}
	return "", r.Ok == nil
}

// Response is what a contract wants when it succeeds.
type Response struct {
	Messages   []SubMsg         `json:"messages"`
	Data       []byte           `json:"data"` // nil: no data; what is empty and not nil is data (S11)
	Attributes []EventAttribute `json:"attributes"`
	Events     []Event          `json:"events"`
}

// Event is something that happened.
type Event struct {
	Type       string                `json:"type"`
	Attributes Array[EventAttribute] `json:"attributes"`
}

// EventAttribute is a detail of an event.
type EventAttribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
