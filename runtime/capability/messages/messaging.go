package messages

// The operations of the contract wasmcloud:messaging: the last one is received by actors.
const (
	Publish       = "Messaging.Publish"               // Message → nothing
	Request       = "Messaging.Request"               // RequestArgs → Message
	HandleMessage = "MessageSubscriber.HandleMessage" // Message → nothing
)

// A Message is what is published, received, and replied.
type Message struct {
	Subject string `json:"subject"`
	ReplyTo string `json:"replyTo,omitempty"`
	Body    []byte `json:"body"`
}

// RequestArgs is the argument of Request.
type RequestArgs struct {
	Subject   string `json:"subject"`
	Body      []byte `json:"body"`
	TimeoutMs uint32 `json:"timeoutMs"`
}

// OldMessage is Message before 2021: an empty ReplyTo is there, too.
type OldMessage struct {
	Subject string `json:"subject"`
	ReplyTo string `json:"replyTo"`
	Body    []byte `json:"body"`
}

// OldRequestArgs is RequestArgs before 2021. Timeout is in milliseconds.
type OldRequestArgs struct {
	Subject string `json:"subject"`
	Body    []byte `json:"body"`
	Timeout int64  `json:"timeout"`
}

// OldPublishResponse is the answer to Publish before 2021.
type OldPublishResponse struct {
	Published bool `json:"published"`
}
